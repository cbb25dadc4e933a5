import { expect, it } from 'vitest';

import { type Pauses, toPauseMs } from './pauses.ts';

const pauses: Pauses = { firstMs: 1000, maxMs: 300_000 };

it.for([
  [1, 0, 500],
  [1, 0.5, 750],
  [2, 0, 1000],
  [9, 0, 128_000],
  [10, 0, 150_000],
  [5000, 0, 150_000],
] as const)('the pause after %d failures with the random number %d is %d ms', ([failures, random, pauseMs]) => {
  expect(toPauseMs(failures, pauses, random)).toBe(pauseMs);
});

it('never exceeds the longest pause', () => {
  expect(toPauseMs(100, pauses, 0.999)).toBeLessThan(300_000);
});
