import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatDuration, parseGoDuration } from './duration.ts';

describe('parseGoDuration', () => {
  it.for([
    ['0', 0],
    ['+0', 0],
    ['-0', 0],
    ['0s', 0],
    ['-0s', 0],
    ['30s', 30_000],
    ['+5s', 5000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['.5s', 500],
    ['5.s', 5000],
    ['300ms', 300],
    ['1m0.25s', 60_250],
    ['1s1s', 2000],
    ['1us', 0.001],
    ['1µs', 0.001],
    ['1μs', 0.001],
    ['1500ns', 0.0015],
    ['0.1s', 100],
    ['0.333333333333333333333333h', 1_199_999.999999],
    ['000000000000000000000001s', 1000],
    ['2562047h47m16.854775807s', 9_223_372_036_854.775],
  ] as const)('reads %j', ([text, ms]) => {
    expect(parseGoDuration(text)).toBe(ms);
  });

  it.for([
    '',
    '-',
    '+',
    '1',
    '00',
    's',
    '.s',
    '1d',
    '1S',
    '1 s',
    ' 1s',
    '1s ',
    '1s-1s',
    '--1s',
    '-1s',
    '-1ns',
    '1e3s',
    '1,5s',
    '1.2.3s',
    '1h30',
    '٣s',
    '2562047h47m16.854775808s',
    `${'9'.repeat(99)}s`,
    `0.${'9'.repeat(100_000)}s`,
  ])('refuses %j', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });
});

describe('formatDuration', () => {
  it.for([
    [0, '0s'],
    [1, '1ms'],
    [999, '999ms'],
    [1000, '1s'],
    [1500, '1.5s'],
    [60_000, '1m'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
    [5_400_000, '1h30m'],
    [3_600_001, '1h0.001s'],
    [172_800_000, '48h'],
  ] as const)('writes %d ms', ([ms, text]) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('writes what parseGoDuration reads back', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 * 365 * 24 * 3_600_000 }), (ms) => {
        expect(parseGoDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
