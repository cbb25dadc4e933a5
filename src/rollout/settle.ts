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
  const known = { version, isKnown: true } as const;
  if (status?.version === undefined) {
    return { ...known, since: toTime(now), changingSince: undefined, settlesAt: undefined, isRestless: false };
  }
  const isNew = status.version !== version;
  const sinceMs = isNew ? now : pastTime(status.since, now);
  const isChanging = isNew || status.changingSince !== undefined;
  const changingMs = pastTime(status.changingSince, now);
  const settlesAt = Math.min(sinceMs + quietMs, changingMs + maxSettleMs);
  const isSettled = !isChanging || settlesAt <= now;
  return {
    ...known,
    since: toTime(sinceMs),
    changingSince: isSettled ? undefined : toTime(changingMs),
    settlesAt: isSettled ? undefined : settlesAt,
    isRestless: isSettled && sinceMs + quietMs > now,
  };
}
