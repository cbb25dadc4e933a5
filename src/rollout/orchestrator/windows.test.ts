import { describe, expect, it } from 'vitest';

import { isWindowOpen, nextOpening, parseWindow, type Window } from './windows.ts';

function windowOf(schedule: string, duration: string, timeZone?: string): Window {
  const parsed = parseWindow({ schedule, duration, timeZone }, 'windows[0]');
  if (!parsed.ok) throw new TypeError(parsed.problems.map(({ message }) => message).join('; '));
  return parsed.value;
}

const at = (time: string): number => Date.parse(time);

describe('parseWindow', () => {
  it('names all that is wrong, by place', () => {
    expect(parseWindow({ schedule: '0 25 * * *', duration: 'long', timeZone: 'Mars/Base' }, 'windows[2]')).toEqual({
      ok: false,
      problems: [
        { path: 'windows[2].schedule', message: expect.stringContaining('hours') },
        { path: 'windows[2].duration', message: expect.stringContaining('such as 2h') },
        { path: 'windows[2].timeZone', message: expect.stringContaining('Europe/Paris') },
      ],
    });
  });

  it.for([undefined, null, 'x', {}, { schedule: 1, duration: '1h' }])('refuses %o', (raw) => {
    expect(parseWindow(raw, 'windows[0]').ok).toBe(false);
  });
});

describe('isWindowOpen', () => {
  it('is true without any', () => {
    expect(isWindowOpen([], 0)).toBe(true);
  });

  it.for([
    ['before', '2026-01-06T00:59:59Z', false],
    ['when it opens', '2026-01-06T01:00:00Z', true],
    ['within', '2026-01-06T02:59:59Z', true],
    ['when it closes', '2026-01-06T03:00:00Z', false],
    ['in summer, an hour earlier', '2026-07-06T00:30:00Z', true],
    ['in summer, when it has closed', '2026-07-06T02:00:00Z', false],
  ] as const)('of 2 o’clock in Paris, for two hours: %s', ([, time, expected]) => {
    expect(isWindowOpen([windowOf('0 2 * * *', '2h', 'Europe/Paris')], at(time))).toBe(expected);
  });

  it('goes across midnight, days and other windows', () => {
    const windows = [windowOf('0 22 * * fri', '58h'), windowOf('0 12 * * wed', '30m')];
    expect(isWindowOpen(windows, at('2026-01-11T12:00:00Z'))).toBe(true);
    expect(isWindowOpen(windows, at('2026-01-12T08:00:00Z'))).toBe(false);
    expect(isWindowOpen(windows, at('2026-01-14T12:10:00Z'))).toBe(true);
    expect(nextOpening(windows, at('2026-01-12T08:00:00Z'))).toBe(at('2026-01-14T12:00:00Z'));
  });

  it('is never open for no time, or without any day', () => {
    expect(isWindowOpen([windowOf('0 0 * * *', '0s')], at('2026-01-05T00:00:00Z'))).toBe(false);
    const never = [windowOf('0 0 30 2 *', '1h')];
    expect(isWindowOpen(never, at('2026-01-05T00:00:00Z'))).toBe(false);
    expect(nextOpening(never, at('2026-01-05T00:00:00Z'))).toBeUndefined();
  });

  it('has room for a window as long as the CRD lets in', () => {
    expect(isWindowOpen([windowOf('0 0 1 1 *', '999999h999999h1h')], at('2026-06-05T00:00:00Z'))).toBe(true);
  });
});
