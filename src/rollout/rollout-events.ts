import { conflictText } from './explain.ts';
import type { SettledSeat, SourceOutcome } from './outcome.ts';
import type { Workload } from './workload.ts';

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
  /** Of our own making: names only. */
  readonly note: string;
}

/** What has happened since the status was written last; told once, and again only after a crash before the next is written. */
export function toRolloutEvents(outcome: SourceOutcome): readonly RolloutEvent[] {
  return [...ofSource(outcome), ...outcome.seats.flatMap((seat) => ofSeat(seat, outcome))];
}

function ofSource({ run, history, counts, seats }: SourceOutcome): readonly RolloutEvent[] {
  const { key, status } = run.source;
  const [last] = history;
  const [before] = status?.history ?? [];
  const isNew = last !== undefined && last.startedAt !== before?.startedAt;
  const wasOpen = isNew || before?.endedAt === undefined;
  const events: RolloutEvent[] = [];
  if (isNew) {
    events.push({
      source: key,
      type: 'Normal',
      reason: 'RolloutStarted',
      note: `version ${last.version} rolls out to ${counts.waiting + counts.inProgress} of ${counts.total} workloads`,
    });
  }
  const { halted } = run;
  if (halted !== undefined && status?.halted?.version !== halted.version) {
    const note = `version ${halted.version} was stopped when ${halted.workload} failed (${halted.reason})`;
    const workload = seats.find(({ member }) => member.view.workload.key === halted.workload)?.member.view.workload;
    events.push({ source: key, type: 'Warning', reason: 'RolloutHalted', note });
    if (workload) events.push({ source: key, workload, type: 'Warning', reason: 'RolloutHalted', note });
  }
  if (last?.outcome === 'Complete' && wasOpen) {
    events.push({
      source: key,
      type: 'Normal',
      reason: 'RolloutCompleted',
      note: `version ${last.version}: ${last.updated} workloads rolled out, ${last.failed} failed`,
    });
  }
  return events;
}

function ofSeat(seat: SettledSeat, { run }: SourceOutcome): readonly RolloutEvent[] {
  const { member, entry, isStarted } = seat;
  const { view, decision, before } = member;
  const base = { source: run.source.key, workload: view.workload } as const;
  const events: RolloutEvent[] = [];
  if (isStarted) events.push({ ...base, type: 'Normal', reason: 'RolloutStarted', note: startNote(seat) });
  if (decision.kind === 'notify' && !view.isFrozen) {
    events.push({ ...base, type: 'Normal', reason: 'SecretChanged', note: `changed: ${decision.secrets.join(', ')}` });
  }
  if (entry?.obstacle !== undefined && before?.obstacle !== entry.obstacle) {
    const note =
      entry.obstacle === 'Conflict'
        ? conflictText(view.workload.key)
        : 'was rolled back and stays so until the next version';
    events.push({
      ...base,
      type: 'Warning',
      reason: entry.obstacle === 'Conflict' ? 'RolloutConflict' : 'RolloutHeld',
      note,
    });
  }
  const { outcome, reason } = entry?.rollout ?? {};
  if (outcome === 'Failed' && before?.rollout?.outcome !== 'Failed' && !isStarted) {
    events.push({
      ...base,
      type: 'Warning',
      reason: 'RolloutFailed',
      note: `failed with version ${entry?.rollout?.version} (${reason})`,
    });
  }
  return events;
}

function startNote({ member: { decision }, entry }: SettledSeat): string {
  const version = entry?.rollout?.version ?? 'of unknown content';
  if (decision.kind === 'stamp') return `rolls out version ${version}, because of ${decision.secrets.join(', ')}`;
  if (decision.kind === 'reverted') return `puts version ${version} back, for the ${decision.attempt}. time`;
  return `rolls out version ${version}, with another source`;
}
