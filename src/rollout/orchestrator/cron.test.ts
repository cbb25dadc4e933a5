import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type CronSchedule, nextOccurrence, parseCron } from './cron.ts';

function cron(text: string): CronSchedule {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new TypeError(parsed.problems.join('; '));
  return parsed.value;
}

function next(text: string, after: string, timeZone = 'UTC'): string | undefined {
  const ms = nextOccurrence(cron(text), timeZone, Date.parse(after));
  return ms === undefined ? undefined : new Date(ms).toISOString().replace(':00.000Z', 'Z');
}

describe('parseCron', () => {
  it.for([
    ['* * * *', 'five fields'],
    ['* * * * * *', 'five fields'],
    ['', 'five fields'],
    ['60 * * * *', 'minutes must be numbers from 0 to 59'],
    ['* 24 * * *', 'hours must be numbers from 0 to 23'],
    ['* * 0 * *', 'days of the month must be numbers from 1 to 31'],
    ['* * * 13 *', 'months must be numbers from 1 to 12'],
    ['* * * * 8', 'days of the week must be numbers from 0 to 7'],
    ['*/0 * * * *', 'minutes'],
    ['5-1 * * * *', 'minutes'],
    ['1,, * * * *', 'minutes'],
    ['1- * * * *', 'minutes'],
    ['a * * * *', 'minutes'],
    ['* * * foo *', 'months'],
    ['-1 * * * *', 'minutes'],
    ['1.5 * * * *', 'minutes'],
  ] as const)('refuses %s', ([text, problem]) => {
    expect(parseCron(text)).toEqual({ ok: false, problems: [expect.stringContaining(problem)] });
  });

  it('names every field that is wrong', () => {
    expect(parseCron('60 24 0 13 8')).toMatchObject({ problems: { length: 5 } });
  });

  it('has an answer for whatever is written', () => {
    const unit = fc.constantFrom('0', '1', '5', '59', '*', '/', ',', '-', ' ', ' ', 'jan', 'mon', 'x');
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        const parsed = parseCron(text);
        expect(parsed.ok || parsed.problems.length > 0).toBe(true);
      }),
    );
  });
});

describe('nextOccurrence', () => {
  it.for([
    ['0 2 * * *', '2026-01-05T12:00:00Z', '2026-01-06T02:00Z'],
    ['0 2 * * *', '2026-01-05T02:00:00Z', '2026-01-06T02:00Z'],
    ['0 2 * * *', '2026-01-05T01:59:59.999Z', '2026-01-05T02:00Z'],
    ['*/15 * * * *', '2026-01-05T12:01:00Z', '2026-01-05T12:15Z'],
    ['5/20 * * * *', '2026-01-05T12:46:00Z', '2026-01-05T13:05Z'],
    ['0 22-23,0 * * *', '2026-01-05T23:30:00Z', '2026-01-06T00:00Z'],
    ['30 1 1 jan *', '2026-01-05T00:00:00Z', '2027-01-01T01:30Z'],
    ['0 0 * * mon-FRI', '2026-01-09T12:00:00Z', '2026-01-12T00:00Z'],
    ['0 0 * * 7', '2026-01-05T00:00:00Z', '2026-01-11T00:00Z'],
    ['0 0 * * sun', '2026-01-05T00:00:00Z', '2026-01-11T00:00Z'],
    // Either day, where both are given; both, where one of them begins with a star.
    ['0 0 13 * fri', '2026-01-05T00:00:00Z', '2026-01-09T00:00Z'],
    ['0 0 13 * fri', '2026-01-09T00:00:00Z', '2026-01-13T00:00Z'],
    ['0 0 */2 * fri', '2026-01-05T00:00:00Z', '2026-01-09T00:00Z'],
    ['0 0 29 2 *', '2026-01-05T00:00:00Z', '2028-02-29T00:00Z'],
    ['0 0 29 2 *', '2097-01-05T00:00:00Z', '2104-02-29T00:00Z'],
    ['0 0 30 2 *', '2026-01-05T00:00:00Z', undefined],
    ['* * * * *', '2026-12-31T23:59:30Z', '2027-01-01T00:00Z'],
  ] as const)('%s after %s is %s', ([text, after, expected]) => {
    expect(next(text, after)).toBe(expected);
  });

  it.for([
    ['in winter', '0 2 * * *', '2026-01-05T12:00:00Z', '2026-01-06T01:00Z'],
    ['in summer', '0 2 * * *', '2026-07-05T12:00:00Z', '2026-07-06T00:00Z'],
    ['of the same day east of it', '0 0 * * *', '2026-01-05T22:30:00Z', '2026-01-05T23:00Z'],
    ['skipped by the clocks: it comes when they have', '30 2 29 3 *', '2026-03-28T12:00:00Z', '2026-03-29T01:30Z'],
    ['before a skipped one', '0 3 * * *', '2026-03-28T12:00:00Z', '2026-03-29T01:00Z'],
    ['next to a skipped one', '30 2,3 29 3 *', '2026-03-28T12:00:00Z', '2026-03-29T01:30Z'],
    ['repeated by the clocks: the first time', '30 2 25 10 *', '2026-10-25T00:00:00Z', '2026-10-25T00:30Z'],
    ['repeated by the clocks: not the second time', '30 2 * * *', '2026-10-25T00:30:00Z', '2026-10-26T01:30Z'],
    ['of every hour, repeated: the second time, too', '30 * * * *', '2026-10-25T00:30:00Z', '2026-10-25T01:30Z'],
  ] as const)('knows the hours of Paris: %s', ([, text, after, expected]) => {
    expect(next(text, after, 'Europe/Paris')).toBe(expected);
  });

  it.for(['America/Sao_Paulo', 'Asia/Kathmandu', 'Pacific/Apia', 'Australia/Lord_Howe', 'UTC'])(
    'is after, fits and leaves nothing out (%s)',
    (timeZone) => {
      const minute = fc.integer({ min: 0, max: 59 });
      const hour = fc.integer({ min: 0, max: 23 });
      const after = fc.date({
        min: new Date('2011-12-28T00:00:00Z'),
        max: new Date('2019-12-31T00:00:00Z'),
        noInvalidDate: true,
      });
      fc.assert(
        fc.property(minute, hour, after, (at, of, from) => {
          const first = nextOccurrence(cron(`${at} ${of} * * *`), timeZone, from.getTime()) ?? 0;
          expect(first).toBeGreaterThan(from.getTime());
          // Once a day, moved by the clocks at most; Apia has left out a day once.
          expect(first - from.getTime()).toBeLessThanOrEqual(49 * 3_600_000);
        }),
        { numRuns: 200 },
      );
    },
  );

  it('is quick with every minute of eight years', () => {
    expect(next('* * 30 2 *', '2026-01-05T12:00:00Z')).toBeUndefined();
  });
});
