import * as z from 'zod';

import { parseGoDuration } from '../../core/duration.ts';
import type { Parsed, Problem } from '../../core/problem.ts';
import { type CronSchedule, nextOccurrence, parseCron } from './cron.ts';

/** A time that comes again and again. */
export interface Window {
  readonly schedule: CronSchedule;
  readonly durationMs: number;
  /** Name of the time zone of the schedule. */
  readonly timeZone: string;
}

/** One of `spec.rollout.windows`; `path` names it in problems. */
export function parseWindow(raw: unknown, path: string): Parsed<Window> {
  const parsed = schema.safeParse(raw);
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.map((issue) => toProblem(issue, path)) };
  const { schedule, duration, timeZone } = parsed.data;
  const cron = parseCron(schedule);
  const durationMs = parseGoDuration(duration);
  const problems: Problem[] = [];
  if (!cron.ok) problems.push(...cron.problems.map((message) => ({ path: `${path}.schedule`, message })));
  if (durationMs === undefined) problems.push({ path: `${path}.duration`, message: 'must be a duration such as 2h' });
  if (!isTimeZone(timeZone)) {
    problems.push({ path: `${path}.timeZone`, message: 'is no time zone that is known; write it as Europe/Paris' });
  }
  if (!cron.ok || durationMs === undefined || problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { schedule: cron.value, durationMs, timeZone } };
}

/** Whether one of the windows is open, or there is none. Times are milliseconds since the epoch. */
export function isWindowOpen(windows: readonly Window[], now: number): boolean {
  return windows.length === 0 || windows.some((window) => isOpen(window, now));
}

/** When the next one opens, after `now`; undefined: never, as on 30 February. */
export function nextOpening(windows: readonly Window[], now: number): number | undefined {
  const times = windows.flatMap(({ schedule, timeZone }) => nextOccurrence(schedule, timeZone, now) ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** It opened, not longer ago than it lasts. */
function isOpen({ schedule, durationMs, timeZone }: Window, now: number): boolean {
  const opened = nextOccurrence(schedule, timeZone, now - durationMs);
  return opened !== undefined && opened <= now;
}

const schema = z.object(
  {
    schedule: z.string('must be text such as "0 2 * * 1-5"'),
    duration: z.string('must be a duration such as 2h'),
    timeZone: z
      .string('must be the name of a time zone, such as Europe/Paris')
      .nullish()
      .transform((given) => given ?? 'UTC'),
  },
  'must be a map',
);

function toProblem({ path, message }: z.core.$ZodIssue, base: string): Problem {
  return { path: [base, ...path.map(String)].join('.'), message };
}

function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}
