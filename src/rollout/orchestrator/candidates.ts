import type { NamespaceRun, SourceRun } from './source-run.ts';
import type { Participant } from './participants.ts';
import type { WorkloadView } from './rollout-view.ts';
import type { WorkloadState } from './workload-state.ts';

/** A workload that may begin, as far as it and its sources are concerned. */
export interface Candidate {
  readonly view: WorkloadView;
  readonly state: WorkloadState;
  /** Those that want it; at least one. */
  readonly initiators: readonly SourceRun[];
  /** All of its sources. */
  readonly seats: readonly Seat[];
}

/** A workload beside one of its sources. */
export interface Seat {
  readonly run: SourceRun;
  readonly member: Participant;
}

/** In the order in which they begin: what we broke is healed first, what was ill before comes last. */
export function toCandidates({ sources, states, view }: NamespaceRun): readonly Candidate[] {
  const seats = sources.flatMap((run) => run.members.map((member): Seat => ({ run, member })));
  const candidates = [...Map.groupBy(seats, ({ member }) => member.view)].flatMap(([workload, those]) => {
    const state = states.get(workload.workload.key);
    const initiators = those.flatMap(({ run, member }) => (isWanted(run, member, view.now) ? run : []));
    const isOut = state === undefined || state.block !== undefined || initiators.length === 0;
    return isOut || those.some(isSettling) ? [] : { view: workload, state, initiators, seats: those };
  });
  return candidates.toSorted(byRank);
}

/** Whether the source would write to its template now. */
export function isWanted({ gates, putBackGates }: SourceRun, { decision }: Participant, now: number): boolean {
  if (decision.kind === 'stamp') return gates.length === 0;
  return decision.kind === 'reverted' && putBackGates.length === 0 && decision.dueAt <= now;
}

/** One that would be wanted in a moment: both shall be one rollout. */
function isSettling({ run: { gates }, member: { decision } }: Seat): boolean {
  return decision.kind === 'stamp' && gates.length === 1 && gates[0]?.state === 'Settling';
}

function byRank(one: Candidate, other: Candidate): number {
  const [a, b] = [one.view.workload, other.view.workload];
  return rankOf(one) - rankOf(other) || a.order - b.order || (a.key < b.key ? -1 : 1);
}

function rankOf({ state }: Candidate): number {
  if (state.isBrokenByUs) return 0;
  return state.isIll ? 2 : 1;
}
