/**
 * A time of a status in milliseconds since the epoch. One that is none, or has not come yet, after the clock was set back, is
 * `now`: nothing waits for it.
 */
export function pastTime(text: string | undefined, now: number): number {
  const ms = Date.parse(text ?? '');
  return ms <= now ? ms : now;
}

/** RFC 3339 in milliseconds. */
export function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
