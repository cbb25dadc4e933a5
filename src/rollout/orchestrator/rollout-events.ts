import { conflictText, heldText } from './explain.ts';
import type { SettledSeat, SourceOutcome } from './outcome.ts';
import type { Workload } from '../workloads/workload.ts';

export interface RolloutEvent {
  /** Key of the source. */
  readonly source: string;
  /** Undefined: it is about the source. */
  readonly workload?: Workload;
  readonly type: 'Normal' | 'Warning';
  readonly reason:
    | 'RolloutStarted'
    | 'RolloutHalted'
    | 'RolloutHeld'
    | 'RolloutCompleted'
    | 'RolloutFailed'
    | 'SecretChanged'
    | 'RolloutConflict';
  /** Of our own making: names only. The workload is among them, for it is told on the source as well. */
  readonly note: string;
}

/** What has happened since the status was written last; told once, and again only after a crash before the next is written. */
export function toRolloutEvents(outcome: SourceOutcome): readonly RolloutEvent[] {
  return [
    ...beginning(outcome),
    ...outcome.seats.flatMap((seat) => ofSeat(seat, outcome.run.source.key)),
    ...halting(outcome),
    ...completion(outcome),
  ];
}

function beginning({ run: { source }, history: [last], counts }: SourceOutcome): readonly RolloutEvent[] {
  if (last === undefined || last.startedAt === source.status?.history?.[0]?.startedAt) return [];
  const note = `version ${last.version} rolls out to ${counts.waiting + counts.inProgress} of ${counts.total} workloads`;
  return [{ source: source.key, type: 'Normal', reason: 'RolloutStarted', note }];
}

function halting({ run: { source, halted }, seats }: SourceOutcome): readonly RolloutEvent[] {
  if (halted === undefined || source.status?.halted?.version === halted.version) return [];
  const base = {
    source: source.key,
    type: 'Warning',
    reason: 'RolloutHalted',
    note: `version ${halted.version} was stopped when ${halted.workload} failed (${halted.reason})`,
  } as const;
  const culprits = seats.flatMap(({ member: { view } }) =>
    view.workload.key === halted.workload ? [{ ...base, workload: view.workload }] : [],
  );
  return [base, ...culprits];
}

function completion({ run: { source }, history: [last] }: SourceOutcome): readonly RolloutEvent[] {
  const before = source.status?.history?.[0];
  const wasOver = before?.startedAt === last?.startedAt && before?.endedAt !== undefined;
  if (last?.outcome !== 'Complete' || wasOver) return [];
  const note = `version ${last.version}: ${last.updated} workloads rolled out, ${last.failed} failed`;
  return [{ source: source.key, type: 'Normal', reason: 'RolloutCompleted', note }];
}

type Told = Pick<RolloutEvent, 'type' | 'reason' | 'note'>;

function ofSeat(seat: SettledSeat, source: string): readonly RolloutEvent[] {
  const { workload } = seat.member.view;
  const told = [startOf(seat), changeOf(seat), obstacleOf(seat), failureOf(seat)];
  return told.flatMap((each) => (each ? { source, workload, ...each } : []));
}

function startOf({ member: { decision, view }, entry, isStarted }: SettledSeat): Told | undefined {
  if (!isStarted) return undefined;
  const { key } = view.workload;
  const version = entry?.rollout?.version ?? 'of unknown content';
  const base = { type: 'Normal', reason: 'RolloutStarted' } as const;
  if (decision.kind === 'stamp') {
    return { ...base, note: `${key} rolls out version ${version}, because of ${decision.secrets.join(', ')}` };
  }
  if (decision.kind !== 'reverted')
    return { ...base, note: `${key} rolls out version ${version}, with another source` };
  return { ...base, note: `${key} gets version ${version} back, for the ${decision.attempt}. time` };
}

function changeOf({ member: { decision, view } }: SettledSeat): Told | undefined {
  if (decision.kind !== 'notify' || view.isFrozen) return undefined;
  return {
    type: 'Normal',
    reason: 'SecretChanged',
    note: `changed for ${view.workload.key}: ${decision.secrets.join(', ')}`,
  };
}

function obstacleOf({ member: { before, view }, entry }: SettledSeat): Told | undefined {
  const obstacle = entry?.obstacle;
  if (obstacle === undefined || before?.obstacle === obstacle) return undefined;
  return obstacle === 'Conflict'
    ? { type: 'Warning', reason: 'RolloutConflict', note: conflictText(view.workload.key) }
    : { type: 'Warning', reason: 'RolloutHeld', note: heldText(view.workload.key) };
}

function failureOf({ member: { before, view }, entry }: SettledSeat): Told | undefined {
  const { outcome, reason, version } = entry?.rollout ?? {};
  if (outcome !== 'Failed' || before?.rollout?.outcome === 'Failed') return undefined;
  return {
    type: 'Warning',
    reason: 'RolloutFailed',
    note: `${view.workload.key} failed with version ${version} (${reason})`,
  };
}
