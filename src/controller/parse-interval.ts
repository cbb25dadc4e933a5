import { parseGoDuration } from '../core/duration.ts';

const leastMs = 1000;

/** What an interval must be: the end of a sentence. */
export const intervalRule = 'must be 0s, or a duration of at least 1s such as 30s or 1h30m';

/** Milliseconds; 0: never by itself. Undefined: `intervalRule` is broken. */
export function parseInterval(text: string): number | undefined {
  const ms = parseGoDuration(text);
  return ms === undefined || (ms > 0 && ms < leastMs) ? undefined : ms;
}
