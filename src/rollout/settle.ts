import type { RolloutStatus } from './rollout-status.ts';
import { pastTime, toTime } from './past-time.ts';

/** Which content is to be rolled out, and whether it has come to rest. */
export interface Content {
  /** The present version, or the last one known. */
  readonly version: string | undefined;
  /** The content is known at present. */
  readonly isKnown: boolean;
  /** When the version was first seen, RFC 3339. */
  readonly since: string | undefined;
  /** Since when it has been changing, RFC 3339; undefined: it has settled. */
  readonly changingSince: string | undefined;
  /** When it will have settled, in milliseconds since the epoch; undefined: it has. */
  readonly settlesAt: number | undefined;
  /** It counts as settled without having come to rest. */
  readonly isRestless: boolean;
}

/** So long without a change, and it has settled. */
export const quietMs = 5000;
/** At the latest so long after the first change. */
export const maxSettleMs = 60_000;

/** What is seen first counts as settled. */
export function settleContent(version: string | undefined, status: RolloutStatus | undefined, now: number): Content {
  if (version === undefined) {
    const { since, changingSince } = status ?? {};
    return { version: status?.version, isKnown: false, since, changingSince, settlesAt: undefined, isRestless: false };
  }
  const isNew = status?.version !== version;
  const sinceMs = isNew ? now : pastTime(status.since, now);
  const base = { version, isKnown: true, since: toTime(sinceMs) };
  const isFirst = isNew && status?.version === undefined;
  const isRestless = !isFirst && sinceMs + quietMs > now;
  const changingMs = changingSinceOf(status, isNew, now);
  const settlesAt = changingMs === undefined || isFirst ? now : Math.min(sinceMs + quietMs, changingMs + maxSettleMs);
  return settlesAt <= now || changingMs === undefined
    ? { ...base, changingSince: undefined, settlesAt: undefined, isRestless }
    : { ...base, changingSince: toTime(changingMs), settlesAt, isRestless: false };
}

function changingSinceOf(status: RolloutStatus | undefined, isNew: boolean, now: number): number | undefined {
  if (status?.changingSince !== undefined) return pastTime(status.changingSince, now);
  return isNew ? now : undefined;
}
