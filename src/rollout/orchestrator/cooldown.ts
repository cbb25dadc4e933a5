import { pastTime } from '../past-time.ts';
import type { RolloutRecord } from '../rollout-status.ts';
import type { Content } from './settle.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const leastMs = 5 * minuteMs;
/** So many rollouts an hour are nobody's concern. */
const freePerHour = 3;

/**
 * Until when a source that flaps must wait with its next rollout: five minutes after the last one, doubled to an hour with each
 * one beyond three within the hour. It flaps when there were three within the hour, or the content does not come to rest. Undefined:
 * it need not wait, or the version has begun. `history` is the newest first.
 */
export function cooldownEnd(history: readonly RolloutRecord[], content: Content, now: number): number | undefined {
  const [last] = history;
  if (last === undefined || isBegun(history, content.version)) return undefined;
  const isRestless = content.isRestless || last.isRestless === true;
  const recent = history.filter(({ startedAt }) => now - pastTime(startedAt, now) < hourMs).length;
  if (recent < freePerHour && !isRestless) return undefined;
  const waitMs = Math.min(hourMs, leastMs * 2 ** Math.max(0, recent - freePerHour));
  const end = pastTime(last.startedAt, now) + waitMs;
  return end > now ? end : undefined;
}

/** Whether a rollout of the version is going on. */
export function isBegun([last]: readonly RolloutRecord[], version: string | undefined): boolean {
  return last !== undefined && last.version === version && last.endedAt === undefined;
}
