import type { Roots } from './roots.ts';
import { parseVersionName, type VersionSecret } from './version-secret.ts';

/**
 * How long versions are kept. `History`: as long as `kubectl rollout undo` can reach them, and the two newest besides. `InUse`:
 * as long as something reads them, for credentials that are revoked; an undo to an older one finds it gone, and its pods do not
 * start.
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
  /** By name. Of one that is left out, because nobody keeps it any more, everything goes that no `History` names. */
  readonly sources: ReadonlyMap<string, SourceState>;
  readonly nowMs: number;
}

/**
 * The oldest version of a source that a pod or the template of one names: what came before it may be revoked at the store. `Oldest`:
 * current since `sinceMs`; without that its Secret is gone, and something still has its values. `Unknown`: a pod reads the source by
 * its stable name, and which values it has in memory nobody knows; nothing is safe to revoke. `None`: nothing uses it.
 */
export type OldestInUse =
  | { readonly kind: 'None' }
  | { readonly kind: 'Unknown' }
  | { readonly kind: 'Oldest'; readonly name: string; readonly sinceMs?: number };

export interface SourceUse {
  /** How many versions of it there are. */
  readonly versions: number;
  readonly oldestInUse: OldestInUse;
}

export interface SweepPlan {
  /** Newly found to be of no use. */
  readonly mark: readonly VersionSecret[];
  /** Of use again. */
  readonly unmark: readonly VersionSecret[];
  /** Of no use for long enough, the oldest first. */
  readonly remove: readonly VersionSecret[];
  /** By source, before anything is removed. */
  readonly uses: ReadonlyMap<string, SourceUse>;
}

/** Unused for so long, it goes: a tool that is about to apply a manifest, or a person with an undo, has come back by then. */
const waitMs = 60 * 60_000;
/** Made for a pin that is about to be written. */
const minAgeMs = 15 * 60_000;
const newestKept = 2;

/**
 * What is to be done about the versions of a namespace. Removed is what is unused now and was marked as unused an hour ago or
 * earlier: never what is referenced, current, leased or young.
 */
export function planSweep(input: SweepInput): SweepPlan {
  const { versions, sources, nowMs } = input;
  const bySource = Map.groupBy(versions.toSorted(byAge), ({ source }) => source);
  const unused = [...bySource.values()].flatMap((all) =>
    all.filter((version, index) => !isKept(version, all.length - index, input)),
  );
  const isUnused = new Set(unused);
  const toUse = (source: string): SourceUse => {
    const all = bySource.get(source) ?? [];
    return { versions: all.length, oldestInUse: oldestOf(source, all, input.roots) };
  };
  return {
    mark: unused.filter(({ unreferencedSinceMs }) => unreferencedSinceMs === undefined),
    unmark: versions.filter((version) => version.unreferencedSinceMs !== undefined && !isUnused.has(version)),
    remove: unused
      .filter(({ unreferencedSinceMs: since }) => since !== undefined && since + waitMs <= nowMs)
      .toSorted(byAge),
    uses: new Map([...bySource.keys(), ...sources.keys()].map((source) => [source, toUse(source)])),
  };
}

/** `rank`: 1 for the newest of its source. */
function isKept(version: VersionSecret, rank: number, { roots, sources, nowMs }: SweepInput): boolean {
  const { name, source, createdMs, leasedUntilMs } = version;
  const state = sources.get(source);
  if (roots.live.has(name) || name === state?.current) return true;
  if (leasedUntilMs > nowMs || createdMs + minAgeMs > nowMs) return true;
  if (state?.retention === 'InUse') return false;
  return roots.history.has(name) || (state !== undefined && rank <= newestKept);
}

/** `versions`: the oldest first. */
function oldestOf(source: string, versions: readonly VersionSecret[], { live, unpinned }: Roots): OldestInUse {
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
