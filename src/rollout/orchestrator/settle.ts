import type { RolloutStatus } from '../rollout-status.ts';
import { pastTime, toTime } from '../past-time.ts';

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
  const { version: before, since, changingSince } = status ?? {};
  if (version === undefined) {
    return { version: before, isKnown: false, since, changingSince, settlesAt: undefined, isRestless: false };
  }
  const known = { version, isKnown: true } as const;
  if (before === undefined) {
    return { ...known, since: toTime(now), changingSince: undefined, settlesAt: undefined, isRestless: false };
  }
  const sinceMs = pastTime(since, now);
  const restsAt = (before === version ? sinceMs : now) + quietMs;
  const changingMs = changingSinceMs({ isNew: before !== version, sinceMs, changingSince, now });
  const settlesAt = changingMs === undefined ? now : Math.min(restsAt, changingMs + maxSettleMs);
  const isSettled = settlesAt <= now;
  return {
    ...known,
    since: toTime(restsAt - quietMs),
    changingSince: isSettled || changingMs === undefined ? undefined : toTime(changingMs),
    settlesAt: isSettled ? undefined : settlesAt,
    isRestless: isSettled && restsAt > now,
  };
}

interface Change {
  readonly isNew: boolean;
  /** When the version before was first seen. */
  readonly sinceMs: number;
  readonly changingSince: string | undefined;
  readonly now: number;
}

/** Undefined: it had settled, and there is no other since. */
function changingSinceMs({ isNew, sinceMs, changingSince, now }: Change): number | undefined {
  if (!isNew) return changingSince === undefined ? undefined : pastTime(changingSince, now);
  // Nobody may have looked when the one before had come to rest.
  const hadSettled = sinceMs + quietMs <= now;
  return hadSettled ? now : pastTime(changingSince, now);
}
