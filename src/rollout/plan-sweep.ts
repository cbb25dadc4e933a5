import type { Roots } from './roots.ts';
import { parseVersionName, type VersionSecret } from './version-secret.ts';

/**
 * How long versions are kept. `History`: as long as `kubectl rollout undo` can reach them, and the newest ones besides. `InUse`:
 * as long as something reads them, for credentials that are revoked; an undo to an older one finds it gone.
 */
export type Retention = 'History' | 'InUse';

/** What is known of a Secret that has versions. */
export interface SourceState {
  readonly retention: Retention;
  /** Name of the version that holds its content now; undefined: not known. */
  readonly current: string | undefined;
}

export interface SweepInput {
  /** Of one namespace. */
  readonly versions: readonly VersionSecret[];
  readonly roots: Roots;
  /** By name. One that is left out, because nobody keeps it any more, is kept as `History`. */
  readonly sources: ReadonlyMap<string, SourceState>;
  readonly nowMs: number;
}

/**
 * Up to which version a source may be revoked at the store. `Oldest`: everything older than this one is read by nobody; without
 * `sinceMs` its Secret is gone, and something still has it. `Unknown`: something reads the source by its stable name.
 */
export type VersionUse =
  | { readonly kind: 'None' }
  | { readonly kind: 'Unknown' }
  | { readonly kind: 'Oldest'; readonly name: string; readonly sinceMs?: number };

export interface SweepPlan {
  /** Newly found to be of no use. */
  readonly mark: readonly VersionSecret[];
  /** Of use again. */
  readonly unmark: readonly VersionSecret[];
  /** Of no use for long enough, the oldest first. */
  readonly remove: readonly VersionSecret[];
  /** By source. */
  readonly uses: ReadonlyMap<string, VersionUse>;
}

/** Unused for so long, it goes: a tool that is about to apply a manifest, or a person with an undo, has come back by then. */
const waitMs = 60 * 60_000;
/** Made for a pin that is about to be written. */
const minAgeMs = 15 * 60_000;
const newestKept = 2;

/** What is to be done about the versions of a namespace. Nothing that is referenced, current, leased or young is removed. */
export function planSweep(input: SweepInput): SweepPlan {
  const { versions, sources, nowMs } = input;
  const bySource = Map.groupBy(versions.toSorted(byAge), ({ source }) => source);
  const unused = [...bySource.values()].flatMap((all) =>
    all.filter((version, index) => !isKept(version, all.length - index, input)),
  );
  const isUnused = new Set(unused);
  const names = new Set([...bySource.keys(), ...sources.keys()]);
  return {
    mark: unused.filter(({ unreferencedSinceMs }) => unreferencedSinceMs === undefined),
    unmark: versions.filter((version) => version.unreferencedSinceMs !== undefined && !isUnused.has(version)),
    remove: unused
      .filter(({ unreferencedSinceMs: since }) => since !== undefined && since + waitMs <= nowMs)
      .toSorted(byAge),
    uses: new Map([...names].map((source) => [source, useOf(source, bySource.get(source) ?? [], input.roots)])),
  };
}

/** `rank`: 1 for the newest of its source. */
function isKept(version: VersionSecret, rank: number, { roots, sources, nowMs }: SweepInput): boolean {
  const { name, source, createdMs, leasedUntilMs } = version;
  const { retention, current } = sources.get(source) ?? { retention: 'History', current: undefined };
  if (roots.live.has(name) || name === current) return true;
  if (leasedUntilMs > nowMs || createdMs + minAgeMs > nowMs) return true;
  return retention === 'History' && (roots.history.has(name) || rank <= newestKept);
}

/** `versions`: the oldest first. */
function useOf(source: string, versions: readonly VersionSecret[], { live, unpinned }: Roots): VersionUse {
  if (unpinned.has(source)) return { kind: 'Unknown' };
  const present = new Set(versions.map(({ name }) => name));
  // Of versions that are gone nobody knows the order, but that they are older than what is there.
  const gone = [...live].toSorted().find((name) => isVersionOf(source, name) && !present.has(name));
  if (gone !== undefined) return { kind: 'Oldest', name: gone };
  const oldest = versions.find(({ name }) => live.has(name));
  return oldest ? { kind: 'Oldest', name: oldest.name, sinceMs: oldest.currentSinceMs } : { kind: 'None' };
}

function isVersionOf(source: string, name: string): boolean {
  return parseVersionName(name)?.source === source;
}

/** The time at which a source last had the content decides, and not when the Secret was made. */
function byAge(a: VersionSecret, b: VersionSecret): number {
  return a.currentSinceMs - b.currentSinceMs || a.createdMs - b.createdMs || (a.name < b.name ? -1 : 1);
}
