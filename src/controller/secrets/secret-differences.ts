import type { DesiredSecret } from '../../secret-objects/secret-object.ts';
import { differingKeys } from '../../secret-objects/digest.ts';
import type { AppliedFields, LiveSecret } from './live-secret.ts';

/** What of a Secret is not as it should be. */
export interface SecretDifferences {
  /** Keys whose values differ, are missing, or are too many; sorted. */
  readonly keys: readonly string[];
  /** Keys of the live Secret that should not be there. */
  readonly surplusKeys: readonly string[];
  readonly hasType: boolean;
  /** Labels, annotations, `immutable`, owner, or which fields are ours. */
  readonly hasMetadata: boolean;
}

/** What metadata the applied object has; those of others on the same Secret are none of our business. */
export interface AppliedMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ownerReferences: readonly { readonly uid: string }[];
}

/** `keepsSurplus`: keys that somebody else put there stay (a Secret that was taken over). */
export function differencesOf(
  live: LiveSecret,
  desired: DesiredSecret,
  { metadata, keepsSurplus }: { readonly metadata: AppliedMetadata; readonly keepsSurplus: boolean },
): SecretDifferences {
  const surplusKeys = keepsSurplus ? [] : [...live.data.keys()].filter((key) => !desired.data.has(key)).toSorted();
  const compared = keepsSurplus ? pick(live.data, desired.data) : live.data;
  return {
    keys: differingKeys(compared, desired.data),
    surplusKeys,
    hasType: live.type !== desired.type,
    hasMetadata:
      !contains(live.metadata.labels, metadata.labels) ||
      !contains(live.metadata.annotations, metadata.annotations) ||
      live.immutable !== desired.immutable ||
      !metadata.ownerReferences.every(({ uid }) => live.metadata.ownerReferences?.some((each) => each.uid === uid)) ||
      !isApplied(live.applied, desired, metadata),
  };
}

export function isSame({ keys, hasType, hasMetadata }: SecretDifferences): boolean {
  return keys.length === 0 && !hasType && !hasMetadata;
}

/** A field that we applied before and no longer do must go; one that is not ours any more must become ours again. */
function isApplied(applied: AppliedFields | undefined, desired: DesiredSecret, metadata: AppliedMetadata): boolean {
  if (applied === undefined) return false;
  return (
    hasExactly(applied.data, [...desired.data.keys()]) &&
    hasExactly(applied.labels, Object.keys(metadata.labels)) &&
    hasExactly(applied.annotations, Object.keys(metadata.annotations)) &&
    hasExactly(
      applied.owners,
      metadata.ownerReferences.map(({ uid }) => uid),
    )
  );
}

function hasExactly(set: ReadonlySet<string>, names: readonly string[]): boolean {
  return set.size === names.length && names.every((name) => set.has(name));
}

function contains(all: Readonly<Record<string, string>> | undefined, some: Readonly<Record<string, string>>): boolean {
  return Object.entries(some).every(([name, value]) => all?.[name] === value);
}

function pick<T>(from: ReadonlyMap<string, T>, keys: ReadonlyMap<string, unknown>): ReadonlyMap<string, T> {
  return new Map([...from].filter(([key]) => keys.has(key)));
}
