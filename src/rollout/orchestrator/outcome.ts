import type { Start } from './choose-starts.ts';
import { advance, begin } from './history.ts';
import type { LedgerEntry } from '../ledger.ts';
import { isInFlight } from './observe.ts';
import { duePatch, type Participant } from './participants.ts';
import type { RolloutRecord, RolloutState } from '../rollout-status.ts';
import type { NamespaceRun, SourceRun } from './source-run.ts';

/** A source after the starts of a pass. */
export interface SourceOutcome {
  readonly run: SourceRun;
  readonly seats: readonly SettledSeat[];
  readonly counts: Counts;
  readonly state: RolloutState;
  readonly history: readonly RolloutRecord[];
}

/** What has become of a workload, for one source. */
export interface SettledSeat {
  readonly member: Participant;
  readonly entry: LedgerEntry | undefined;
  readonly place: Place;
  /** It began in this pass. */
  readonly isStarted: boolean;
}

export type Place = 'updated' | 'inProgress' | 'failed' | 'held' | 'waiting';
export type Counts = Readonly<Record<Place | 'total', number>>;

/** A start that was made, with the generation of the workload after it. */
export interface MadeStart extends Start {
  readonly generation: number;
}

/** What a pass comes to for a source, given what has begun. */
export function toSourceOutcome(run: SourceRun, starts: readonly MadeStart[], namespace: NamespaceRun): SourceOutcome {
  const { now } = namespace.view;
  const seats = run.members.map((member) => toSeat(member, run, starts));
  const counts = countOf(seats, run);
  const state = stateOf({ run, seats, counts }, namespace);
  const isBeginning = seats.some(({ isStarted, member }) => isStarted && member.decision.kind === 'stamp');
  const hasLanded = seats.some(({ member, entry }) => isAdopted(member, entry));
  const { version } = run.content;
  const begun = isBeginning || hasLanded ? begin(run.history, run.content, now) : run.history;
  const ofVersion = seats.filter(({ entry }) => entry?.rollout?.version === version);
  const history = advance(
    begun,
    version,
    {
      outcome: run.halted ? 'Halted' : counts.waiting + counts.inProgress === 0 ? 'Complete' : 'InProgress',
      updated: ofVersion.filter(({ entry }) => entry?.rollout?.outcome === 'Updated').length,
      failed: ofVersion.filter(({ entry }) => entry?.rollout?.outcome === 'Failed').length,
    },
    now,
  );
  return { run, seats, counts, state, history };
}

function toSeat(member: Participant, run: SourceRun, starts: readonly MadeStart[]): SettledSeat {
  const start = starts.find(({ workload }) => workload.key === member.view.workload.key);
  const patch = start?.patches.get(run.source.key);
  const isStarted = start !== undefined && patch !== undefined;
  const entry = isStarted ? { ...patch.ledger, generation: start.generation } : member.entry;
  return { member, entry, isStarted, place: isStarted ? 'inProgress' : placeOf(member, run.content.version) };
}

function placeOf(member: Participant, version: string | undefined): Place {
  const { decision, entry } = member;
  if (isInFlight(entry)) return 'inProgress';
  if (decision.kind === 'held' || decision.kind === 'conflict') return 'held';
  if (duePatch(member) !== undefined) return 'waiting';
  return entry?.rollout?.outcome === 'Failed' && entry.rollout.version === version ? 'failed' : 'updated';
}

function countOf(seats: readonly SettledSeat[], { content, source }: SourceRun): Counts {
  const counts = { total: seats.length, updated: 0, inProgress: 0, failed: 0, held: 0, waiting: 0 };
  for (const { place } of seats) counts[place]++;
  if (content.isKnown) return counts;
  // After a restart nobody can say which of them waited, but that they did.
  const waiting = Math.max(0, Math.min(counts.updated, (source.status?.waiting ?? 0) - counts.waiting));
  return { ...counts, updated: counts.updated - waiting, waiting: counts.waiting + waiting };
}

/** A patch of ours was found whose answer was never recorded. */
function isAdopted({ before, decision }: Participant, entry: LedgerEntry | undefined): boolean {
  return (
    decision.kind === 'adopt-ledger' &&
    entry?.rollout !== undefined &&
    entry.rollout.startedAt !== before?.rollout?.startedAt
  );
}

type Counted = Pick<SourceOutcome, 'run' | 'seats' | 'counts'>;

function stateOf({ run, seats, counts }: Counted, { states }: NamespaceRun): RolloutState {
  const at = (place: Place): readonly SettledSeat[] => seats.filter((seat) => seat.place === place);
  if (seats.length === 0) return run.content.version === undefined ? 'ContentUnknown' : 'Idle';
  if (run.halted !== undefined) return 'Halted';
  const isMoving = counts.inProgress > 0;
  if (!isMoving && counts.waiting === 0) return restingState(at('held'));
  if (run.source.isFrozen) return 'Frozen';
  return isMoving ? 'InProgress' : waitingState(run, at('waiting'), states);
}

function waitingState(run: SourceRun, waiting: readonly SettledSeat[], states: NamespaceRun['states']): RolloutState {
  if (waiting.length === 0) return 'ContentUnknown';
  if (waiting.every(({ member }) => states.get(member.view.workload.key)?.block === 'Frozen')) return 'Frozen';
  const isNew = waiting.some(({ member }) => member.decision.kind === 'stamp');
  const [gate] = isNew ? run.gates : run.putBackGates;
  if (gate !== undefined) return gate.state;
  return run.phase.kind === 'Watching' ? 'Soaking' : 'InProgress';
}

function restingState(held: readonly SettledSeat[]): RolloutState {
  if (held.length === 0) return 'Complete';
  return held.some(({ member }) => member.decision.kind === 'conflict') ? 'Conflict' : 'Held';
}
