import { isDeepStrictEqual } from 'node:util';

import type { LedgerEntry, PatchedEntry } from './ledger.ts';
import { type ActiveFacts, type Facts, type Sight, toSight } from './sight.ts';
import { toTime } from './past-time.ts';
import { parseHashes } from './stamps.ts';

/** What is written to the pod template, and the ledger when it has been. */
export interface Patch {
  /** By Secret: what our annotation shall say. */
  readonly entries: ReadonlyMap<string, string>;
  readonly ledger: PatchedEntry;
}

export type Decision =
  /** Nothing to do, nothing to record. */
  | { readonly kind: 'current' }
  /** The workload is from before our own patch: wait for the watch. */
  | { readonly kind: 'stale' }
  /** Nothing of the source concerns it any more: its ledger entry goes. */
  | { readonly kind: 'forget' }
  /** First sight of this workload: what is there counts as rolled out. */
  | { readonly kind: 'baseline'; readonly ledger: LedgerEntry }
  /** The same again: the key is another one, or the workload was edited so that its pods have the present content anyway. */
  | { readonly kind: 'rebaseline'; readonly ledger: LedgerEntry }
  /** All is well, and the ledger did not know: after a crash, or with Secrets that are new. */
  | { readonly kind: 'adopt-ledger'; readonly ledger: LedgerEntry }
  /** Notify: tell that these Secrets have changed, and record it. */
  | { readonly kind: 'notify'; readonly secrets: readonly string[]; readonly ledger: LedgerEntry }
  /** A rollout is due, because of these Secrets. */
  | { readonly kind: 'stamp'; readonly secrets: readonly string[]; readonly patch: Patch }
  /** RolledBack: somebody undid it. It stays so until the next version; `patch` is for who wants it back. */
  | { readonly kind: 'held'; readonly ledger: LedgerEntry; readonly patch: Patch }
  /** Somebody took the annotation away: it is put back, for the nth time, not before `dueAt` (ms since the epoch). */
  | { readonly kind: 'reverted'; readonly attempt: number; readonly dueAt: number; readonly patch: Patch }
  /** That was done often enough. The next version is tried once; `patch` is for who has found the reason. */
  | { readonly kind: 'conflict'; readonly patch: Patch };

/** How long to wait before the annotation is put back; after the last one no more. */
export const putBackDelaysMs: readonly number[] = [0, 10 * 60_000, 60 * 60_000];

/**
 * What is to be done about one workload because of the Secrets of one SecretProviderClassSync. A function of what is there, so
 * that nothing is lost or repeated, whenever and by whomever it is asked: what it says, once done, is not said again.
 */
export function decideWorkload(facts: Facts): Decision {
  const { workload, mode, desired, ledger, keyId } = facts;
  if (mode === 'Off' || desired.size === 0) return { kind: ledger ? 'forget' : 'current' };
  const active: ActiveFacts = { ...facts, mode };
  const isSameWorkload = ledger?.uid === workload.uid;
  if (!ledger || !isSameWorkload || parseHashes(ledger.stamp).keyId !== keyId) {
    const sight = toSight(active, undefined);
    if (sight.wanted.size === 0) return { kind: 'current' };
    return { kind: isSameWorkload ? 'rebaseline' : 'baseline', ledger: baselineOf(active, sight) };
  }
  if (workload.generation < ledger.generation) return { kind: 'stale' };
  return decideKnown(active, ledger, toSight(active, ledger));
}

/** For a workload that the ledger knows. */
function decideKnown(facts: ActiveFacts, ledger: LedgerEntry, sight: Sight): Decision {
  if (sight.wanted.size === 0) return { kind: 'current' };
  if ([...sight.wanted].every(([secret, value]) => sight.live.get(secret) === value)) return record(ledger, sight);
  if (sight.standing === 'Foreign') return { kind: 'rebaseline', ledger: baselineOf(facts, sight) };
  const isEdited = ledger.usage !== sight.next.usage;
  if (sight.standing === 'Other' && (isEdited || sight.changed.length === 0)) return hold(ledger, sight);
  if (isEdited && !isPinnedToOther(facts, sight)) return { kind: 'rebaseline', ledger: baselineOf(facts, sight) };
  if (isEdited || sight.changed.length > 0) return rollOut(facts, ledger, sight);
  return sight.standing === 'Gone' ? putBack(facts, ledger, sight) : record(ledger, sight);
}

function baselineOf({ workload }: ActiveFacts, { next }: Sight): LedgerEntry {
  return { ...next, generation: workload.generation };
}

function record(ledger: LedgerEntry, { next }: Sight): Decision {
  const entry: LedgerEntry = { ...next, generation: ledger.generation, ...revertsOf(ledger), ...rolloutOf(ledger) };
  return isDeepStrictEqual(entry, ledger) ? { kind: 'current' } : { kind: 'adopt-ledger', ledger: entry };
}

/** The ledger keeps the annotation that was undone: as long as that is not back, this is an undo. */
function hold(ledger: LedgerEntry, { next, patched, wanted }: Sight): Decision {
  const entry: LedgerEntry = { ...ledger, stamp: next.stamp, usage: next.usage };
  return { kind: 'held', ledger: entry, patch: { entries: wanted, ledger: patched } };
}

/** The pods of an edited template have the present content, unless they are pinned to another. */
function isPinnedToOther({ mode }: ActiveFacts, { wanted, live }: Sight): boolean {
  return mode === 'Pin' && [...wanted].some(([secret, version]) => live.has(secret) && live.get(secret) !== version);
}

function rollOut(facts: ActiveFacts, ledger: LedgerEntry, sight: Sight): Decision {
  const { wanted, live, changed } = sight;
  if (facts.mode === 'Notify') return { kind: 'notify', secrets: changed, ledger: notified(ledger, sight) };
  const secrets =
    changed.length > 0 ? changed : [...wanted].flatMap(([secret, value]) => (live.get(secret) === value ? [] : secret));
  // Who takes the annotation away would do so again: only one that has stood clears the count.
  const reverts = sight.standing === 'Gone' ? revertsOf(ledger) : {};
  return { kind: 'stamp', secrets, patch: { entries: wanted, ledger: { ...sight.patched, ...reverts } } };
}

function notified(ledger: LedgerEntry, { next }: Sight): LedgerEntry {
  return { ...next, generation: ledger.generation, ...rolloutOf(ledger) };
}

function putBack({ now }: ActiveFacts, ledger: LedgerEntry, { wanted, patched }: Sight): Decision {
  const { reverts = 0, revertedAt = '' } = ledger;
  const delayMs = putBackDelaysMs[reverts];
  if (delayMs === undefined) return { kind: 'conflict', patch: { entries: wanted, ledger: patched } };
  const last = Date.parse(revertedAt);
  // A time that is none, or has not come yet, after the clock was set: as if it were now.
  const dueAt = delayMs + (last <= now ? last : now);
  const entry = { ...patched, reverts: reverts + 1, revertedAt: toTime(now) };
  return { kind: 'reverted', attempt: reverts + 1, dueAt, patch: { entries: wanted, ledger: entry } };
}

function revertsOf({ reverts, revertedAt }: LedgerEntry): Pick<LedgerEntry, 'reverts' | 'revertedAt'> {
  return { ...(reverts !== undefined && { reverts }), ...(revertedAt !== undefined && { revertedAt }) };
}

/** An obstacle is over, where one of these is kept. */
function rolloutOf({ rollout, busySince }: LedgerEntry): Pick<LedgerEntry, 'rollout' | 'busySince'> {
  return { ...(rollout !== undefined && { rollout }), ...(busySince !== undefined && { busySince }) };
}
