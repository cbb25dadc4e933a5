/** When something comes again and again. */
export interface CronSchedule {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** As cron has it: with both the day of the month and that of the week given, either will do. */
  readonly isEitherDay: boolean;
}

export type ParsedCron =
  | { readonly ok: true; readonly value: CronSchedule }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * The five fields of cron: lists of numbers, names (`jan`, `mon`), ranges, `*` and steps. Sunday is 0 or 7. Problems name the
 * field.
 */
export function parseCron(text: string): ParsedCron {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== limits.length) return { ok: false, problems: [fieldsRule] };
  const sets = limits.map((limit, index) => parseField(fields[index] ?? '', limit));
  const problems = limits.flatMap(({ name, first, last }, index) =>
    sets[index] === undefined ? `its ${name} must be numbers from ${first} to ${last}, such as *, 1,2, 1-5 or */2` : [],
  );
  const [minutes, hours, days, months, weekdays] = sets;
  if (!minutes || !hours || !days || !months || !weekdays) return { ok: false, problems };
  return {
    ok: true,
    value: {
      minutes: sorted(minutes),
      hours: sorted(hours),
      days,
      months,
      weekdays: new Set([...weekdays].map((day) => day % 7)),
      isEitherDay: [fields[2], fields[4]].every((field) => field?.startsWith('*') === false),
    },
  };
}

/**
 * The first time after `after`, both in milliseconds since the epoch. Undefined: none within eight years, which is as far apart
 * as leap days get. A time that the clocks skip comes when they have; one that they repeat comes the first time, and the second
 * time, too, if the schedule names no hour.
 */
export function nextOccurrence(schedule: CronSchedule, timeZone: string, after: number): number | undefined {
  const start = Temporal.Instant.fromEpochMilliseconds(Math.floor(after)).toZonedDateTimeISO(timeZone);
  // A day that begins later than yesterday's last time, moved by the clocks, does not exist.
  let date = start.toPlainDate().subtract({ days: 1 });
  for (let days = 0; days < maxDays; days++, date = date.add({ days: 1 })) {
    if (!isDay(schedule, date)) continue;
    const first = firstOn(date, schedule, timeZone, after);
    if (first !== undefined) return first;
  }
  return undefined;
}

interface Limit {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** From `first` on. */
  readonly words?: readonly string[];
}

const limits: readonly Limit[] = [
  { name: 'minutes', first: 0, last: 59 },
  { name: 'hours', first: 0, last: 23 },
  { name: 'days of the month', first: 1, last: 31 },
  {
    name: 'months',
    first: 1,
    last: 12,
    words: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { name: 'days of the week', first: 0, last: 7, words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];
const fieldsRule = 'must have five fields, such as "0 2 * * 1-5"';
const maxDays = 8 * 366 + 2;

/** Undefined: it is malformed. */
function parseField(text: string, limit: Limit): ReadonlySet<number> | undefined {
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const range = parseRange(part, limit);
    if (range === undefined) return undefined;
    for (let number = range.from; number <= range.to; number += range.step) numbers.add(number);
  }
  return numbers;
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

const rangePattern = /^(?:\*|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/([0-9]{1,4}))?$/i;

function parseRange(text: string, limit: Limit): Range | undefined {
  const match = rangePattern.exec(text);
  if (match === null) return undefined;
  const [, fromText, toText, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step === 0) return undefined;
  if (fromText === undefined) return { from: limit.first, to: limit.last, step };
  const from = parseNumber(fromText, limit);
  // `5/10` is from 5 on.
  const to = toText === undefined ? (stepText === undefined ? from : limit.last) : parseNumber(toText, limit);
  return from === undefined || to === undefined || from > to ? undefined : { from, to, step };
}

function parseNumber(text: string, { first, last, words = [] }: Limit): number | undefined {
  const word = words.indexOf(text.toLowerCase());
  if (word >= 0) return first + word;
  const number = /^[0-9]{1,2}$/.test(text) ? Number(text) : undefined;
  return number !== undefined && number >= first && number <= last ? number : undefined;
}

function sorted(numbers: ReadonlySet<number>): readonly number[] {
  return [...numbers].toSorted((a, b) => a - b);
}

function isDay({ days, months, weekdays, isEitherDay }: CronSchedule, date: Temporal.PlainDate): boolean {
  if (!months.has(date.month)) return false;
  const isDate = days.has(date.day);
  const isWeekday = weekdays.has(date.dayOfWeek % 7);
  return isEitherDay ? isDate || isWeekday : isDate && isWeekday;
}

const hoursInDay = 24;

/** The first time of a day that is after `after`. Clocks that skip an hour can bring its times behind those of the next. */
function firstOn(
  date: Temporal.PlainDate,
  { hours, minutes }: CronSchedule,
  timeZone: string,
  after: number,
): number | undefined {
  const ways = hours.length === hoursInDay ? (['earlier', 'later'] as const) : (['compatible'] as const);
  const timesAt = (hour: number, of: readonly number[]): readonly number[] =>
    of.flatMap((minute) => {
      const local = date.toPlainDateTime({ hour, minute });
      return ways.map((disambiguation) => local.toZonedDateTime(timeZone, { disambiguation }).epochMilliseconds);
    });
  const isOver = (hour: number): boolean => timesAt(hour, minutes.slice(-1)).every((time) => time <= after);
  const next = hours.findIndex((hour) => !isOver(hour));
  if (next === -1) return undefined;
  const times = hours.slice(next, next + 2).flatMap((hour) => timesAt(hour, minutes));
  return Math.min(...times.filter((time) => time > after));
}
