import type { Decision, Patch } from '../decide.ts';
import type { LedgerEntry, Obstacle } from '../ledger.ts';
import { isInFlight, observeRollout, toFailed } from './observe.ts';
import { toTime } from '../past-time.ts';
import { maxWorkloads } from '../rollout-status.ts';
import type { SourceView, WorkloadView } from './rollout-view.ts';
import { parseHashes } from '../stamps.ts';

/** A workload as one source sees it. */
export interface Participant {
  readonly view: WorkloadView;
  readonly decision: Decision;
  readonly before: LedgerEntry | undefined;
  /** What is recorded at once: all that needs no patch. */
  readonly entry: LedgerEntry | undefined;
}

export interface Participants {
  /** Sorted by the key of the workload. */
  readonly members: readonly Participant[];
  /** How many are left alone, because no more fit into the status. */
  readonly omitted: number;
}

/** Those that a source concerns. A workload that it knows already is not left out for the sake of a new one. */
export function toParticipants(
  source: SourceView,
  version: string | undefined,
  workloads: readonly WorkloadView[],
  now: number,
): Participants {
  const known = new Map(source.status?.workloads?.map((entry) => [entry.workload, entry]));
  const all = workloads.flatMap((view) => {
    const decision = view.decisions.get(source.key);
    const before = known.get(view.workload.key);
    if (decision === undefined || decision.kind === 'forget') return [];
    // Off, or no content has been known yet.
    if (decision.kind === 'current' && before === undefined) return [];
    return { view, decision, before, entry: look({ view, decision, before }, version, now) };
  });
  const isKnown = ({ before }: Participant): boolean => before !== undefined;
  const members = [...all.filter(isKnown), ...all.filter((each) => !isKnown(each)).toSorted(byKey)];
  return { members: members.slice(0, maxWorkloads).toSorted(byKey), omitted: Math.max(0, all.length - maxWorkloads) };
}

/** What waits to be written to the template; undefined: nothing. */
export function duePatch({ decision }: Participant): Patch | undefined {
  return decision.kind === 'stamp' || decision.kind === 'reverted' ? decision.patch : undefined;
}

export function byKey(one: Participant, other: Participant): number {
  return one.view.workload.key < other.view.workload.key ? -1 : 1;
}

type Known = Omit<Participant, 'entry'>;

function look(participant: Known, version: string | undefined, now: number): LedgerEntry | undefined {
  const entry = record(participant, version, now);
  if (entry === undefined) return undefined;
  const { rollout, ...rest } = entry;
  if (rollout === undefined || !isInFlight(entry)) return entry;
  const { kind } = participant.decision;
  // Whoever undoes a rollout that goes on has seen that it does no good.
  if (kind === 'held') return { ...rest, rollout: toFailed(rollout, 'RolledBack', now) };
  // What goes on is the way back: it shows nothing.
  if (kind === 'reverted' || kind === 'conflict') return rest;
  return observeRollout(entry, participant.view, now);
}

function record(participant: Known, version: string | undefined, now: number): LedgerEntry | undefined {
  const { decision, before } = participant;
  if ('ledger' in decision) return recordLedger(participant, decision, version, now);
  switch (decision.kind) {
    case 'forget':
    case 'current':
    case 'stale':
      return before;
    case 'stamp':
    case 'reverted':
      return withObstacle(before, undefined);
    case 'conflict':
      return withObstacle(before, 'Conflict');
  }
}

type LedgerDecision = Extract<Decision, { readonly ledger: LedgerEntry }>;

function recordLedger(
  { view, before }: Known,
  { kind, ledger }: LedgerDecision,
  version: string | undefined,
  now: number,
): LedgerEntry | undefined {
  switch (kind) {
    case 'baseline':
    case 'rebaseline':
      return ledger;
    case 'notify':
      return view.isFrozen ? before : ledger;
    case 'held':
      return withObstacle(ledger, 'RolledBack');
    case 'adopt-ledger':
      return hasLanded(ledger, before) && version !== undefined
        ? { ...ledger, rollout: { version, startedAt: toTime(now) } }
        : ledger;
  }
}

function withObstacle(entry: LedgerEntry | undefined, obstacle: Obstacle | undefined): LedgerEntry | undefined {
  if (entry === undefined) return undefined;
  const { obstacle: _, ...rest } = entry;
  return obstacle === undefined ? rest : { ...rest, obstacle };
}

/** Our patch stands there, and the ledger did not know: its rollout has begun, if not ended. */
function hasLanded(entry: LedgerEntry, before: LedgerEntry | undefined): boolean {
  const was = parseHashes(before?.stamp).entries;
  const is = parseHashes(entry.stamp).entries;
  return [...is].some(([secret, hash]) => was.has(secret) && was.get(secret) !== hash);
}
