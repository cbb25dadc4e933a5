import { isBegun } from './cooldown.ts';
import { toTime } from '../past-time.ts';
import { maxRecords, type RolloutRecord } from '../rollout-status.ts';
import type { Content } from './settle.ts';

/** The records, the newest first, once the present version is known: one of another version that goes on has ended. */
export function supersede(
  history: readonly RolloutRecord[],
  version: string | undefined,
  now: number,
): readonly RolloutRecord[] {
  const [last, ...rest] = history;
  if (last === undefined || last.endedAt !== undefined || last.version === version) return history;
  const outcome = last.outcome === 'Halted' ? last.outcome : 'Superseded';
  return [{ ...last, endedAt: toTime(now), outcome }, ...rest];
}

/** With a record of the version, once its first workload begins. */
export function begin(history: readonly RolloutRecord[], content: Content, now: number): readonly RolloutRecord[] {
  const { version, isRestless } = content;
  if (version === undefined || isBegun(history, version)) return history;
  const record: RolloutRecord = {
    version,
    startedAt: toTime(now),
    outcome: 'InProgress',
    updated: 0,
    failed: 0,
    ...(isRestless && { isRestless }),
  };
  return [record, ...history].slice(0, maxRecords);
}

export interface RecordProgress {
  readonly outcome: 'InProgress' | 'Halted' | 'Complete';
  /** Workloads of the version. */
  readonly updated: number;
  readonly failed: number;
}

/** With how far the rollout is that goes on. */
export function advance(
  history: readonly RolloutRecord[],
  version: string | undefined,
  progress: RecordProgress,
  now: number,
): readonly RolloutRecord[] {
  const [last, ...rest] = history;
  if (last === undefined || !isBegun(history, version)) return history;
  const isOver = progress.outcome === 'Complete';
  return [{ ...last, ...progress, ...(isOver && { endedAt: toTime(now) }) }, ...rest];
}
