import { type CanaryFacts, type CanaryPhase, canaryPhase, watchCanaries } from './canary-phase.ts';
import { closedForPutBack, closedGates, type Gate } from './gates.ts';
import { haltOf } from './halt.ts';
import { supersede } from './history.ts';
import { averageRolloutMs } from './pace.ts';
import { type Participant, type Participants, toParticipants } from './participants.ts';
import type { Halt, RolloutRecord } from '../rollout-status.ts';
import type { NamespaceView, SourceView } from './rollout-view.ts';
import { type Content, settleContent } from './settle.ts';
import { toWorkloadState, withBusySince, type WorkloadState } from './workload-state.ts';

/** A source, and where it stands. */
export interface SourceRun {
  readonly source: SourceView;
  readonly content: Content;
  /** What is recorded and observed; sorted by workload. */
  readonly members: readonly Participant[];
  /** How many are left alone, because no more fit into the status. */
  readonly omitted: number;
  readonly phase: CanaryPhase;
  readonly halted: Halt | undefined;
  /** The newest first; what the present version has superseded is ended. */
  readonly history: readonly RolloutRecord[];
  /** What keeps a version from being rolled out; empty: nothing. */
  readonly gates: readonly Gate[];
  /** What keeps a version from being put back. */
  readonly putBackGates: readonly Gate[];
}

export interface NamespaceRun {
  readonly view: NamespaceView;
  readonly sources: readonly SourceRun[];
  /** By workload; one for each that a source concerns. */
  readonly states: ReadonlyMap<string, WorkloadState>;
  /** How long a workload takes. */
  readonly averageMs: number;
}

/** Everything that is known before anything begins. */
export function toNamespaceRun(view: NamespaceView): NamespaceRun {
  const { now, workloads } = view;
  const seen = view.sources.map((source) => {
    const content = settleContent(source.version, source.status, now);
    return { source, content, ...toParticipants(source, content.version, workloads, now) };
  });
  const states = toStates(seen, now);
  const averageMs = averageRolloutMs(seen.flatMap(({ members }) => members.flatMap(({ entry }) => entry ?? [])));
  return { view, states, averageMs, sources: seen.map((each) => toSourceRun(each, states, now)) };
}

interface SeenSource extends Participants {
  readonly source: SourceView;
  readonly content: Content;
}

function toStates(seen: readonly SeenSource[], now: number): ReadonlyMap<string, WorkloadState> {
  const grouped = Map.groupBy(
    seen.flatMap(({ members }) => members),
    ({ view }) => view,
  );
  return new Map(
    [...grouped].map(([view, participants]) => [view.workload.key, toWorkloadState(participants, view, now)]),
  );
}

function toSourceRun(
  { source, content, members: seen, omitted }: SeenSource,
  states: ReadonlyMap<string, WorkloadState>,
  now: number,
): SourceRun {
  const stateOf = (member: Participant): WorkloadState | undefined => states.get(member.view.workload.key);
  const { version } = content;
  const { spec, resume, status } = source;
  const facts: CanaryFacts = { spec: spec.canary, version, resume, now, stateOf };
  const waiting = seen.map((member) => withBusySince(member, stateOf(member), now));
  const members = watchCanaries(waiting, canaryPhase(waiting, facts), facts);
  // By what was just seen of them.
  const phase = canaryPhase(members, facts);
  const halted = haltOf(source, version, { members, phase, now });
  const history = supersede(status?.history ?? [], version, now);
  const gateFacts = { source, content, halted, history, now };
  const gates = closedGates(gateFacts);
  const putBackGates = closedForPutBack(gateFacts);
  return { source, content, members, omitted, phase, halted, history, gates, putBackGates };
}
