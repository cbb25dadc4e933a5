import type { LedgerEntry } from '../ledger.ts';
import { pastTime, toTime } from '../past-time.ts';
import type { RolloutRecord, RolloutStatus } from '../rollout-status.ts';
import type { RolloutSpec } from '../rollout-spec.ts';

/** What is assumed before any rollout was measured. */
const assumedMs = 60_000;
const leastMs = 1000;

/** How long a workload takes, by the rollouts that went well. */
export function averageRolloutMs(entries: readonly LedgerEntry[]): number {
  const times = entries.flatMap(({ rollout }) => {
    if (rollout?.endedAt === undefined || rollout.outcome !== 'Updated') return [];
    const ms = Date.parse(rollout.endedAt) - Date.parse(rollout.startedAt);
    return ms >= 0 ? [ms] : [];
  });
  if (times.length === 0) return assumedMs;
  return Math.max(leastMs, times.reduce((sum, ms) => sum + ms, 0) / times.length);
}

export interface Load {
  /** Workloads of the source. */
  readonly total: number;
  /** Those that are not done. */
  readonly remaining: number;
  readonly averageMs: number;
  readonly now: number;
}

/** How many workloads of a source may be in flight: as the spec says, and more when the deadline needs it. */
export function concurrencyOf(
  { maxConcurrent, deadlineMs }: RolloutSpec,
  { total, remaining, averageMs, now }: Load,
  begun: RolloutRecord | undefined,
): number {
  const wanted =
    maxConcurrent.unit === 'workloads' ? maxConcurrent.count : Math.floor((total * maxConcurrent.percent) / 100);
  const allowed = Math.max(1, wanted);
  if (deadlineMs === undefined) return allowed;
  const elapsedMs = begun === undefined ? 0 : now - pastTime(begun.startedAt, now);
  // One that begins later ends too late.
  const turns = Math.max(1, Math.floor((deadlineMs - elapsedMs) / averageMs));
  return Math.max(allowed, Math.ceil(remaining / turns));
}

/** An estimate that is off by no more than that is left as it is: every other one would be another status. */
const tolerance = 0.1;
const toleranceMs = 60_000;

/** When all is done. Undefined without anything to do. */
export function estimateCompletion(
  { remaining, averageMs, now }: Load,
  { limit, soakMs }: { readonly limit: number; readonly soakMs: number },
  before: RolloutStatus | undefined,
): string | undefined {
  if (remaining === 0) return undefined;
  const leftMs = Math.ceil(remaining / Math.max(1, limit)) * averageMs + soakMs;
  const known = Date.parse(before?.estimatedCompletion ?? '');
  const isClose = Math.abs(known - (now + leftMs)) <= Math.max(toleranceMs, leftMs * tolerance) && known > now;
  return toTime(isClose ? known : now + leftMs);
}
