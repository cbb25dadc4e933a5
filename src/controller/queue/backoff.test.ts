import { describe, expect, it } from 'vitest';

import { Backoffs } from './backoff.ts';

describe('Backoffs', () => {
  it('doubles the pause from failure to failure, from a second to five minutes', () => {
    const backoffs = new Backoffs(() => 0.999_999);

    const pauses = Array.from({ length: 12 }, () => Math.round(backoffs.failed('a/x') / 1000));

    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });

  it('pauses at least half as long', () => {
    expect(new Backoffs(() => 0).failed('a/x')).toBe(500);
  });

  it('counts for each object alone', () => {
    const backoffs = new Backoffs(() => 0);
    backoffs.failed('a/x');

    expect([backoffs.failed('a/y'), backoffs.failed('a/x')]).toEqual([500, 1000]);
  });

  it('begins anew after success', () => {
    const backoffs = new Backoffs(() => 0);
    backoffs.failed('a/x');
    backoffs.failed('a/x');

    backoffs.forget('a/x');

    expect(backoffs.failed('a/x')).toBe(500);
  });
});
