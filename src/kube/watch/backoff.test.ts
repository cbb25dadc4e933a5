import { describe, expect, it } from 'vitest';

import { Backoff } from './backoff.ts';

describe('Backoff', () => {
  it('doubles its pauses up to the bound', () => {
    const backoff = new Backoff(() => 1);

    expect(Array.from({ length: 7 }, () => backoff.nextMs(30_000))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
  });

  it('takes between half of a pause and all of it', () => {
    expect(new Backoff(() => 0).nextMs(30_000)).toBe(500);
    expect(new Backoff(() => 0.999).nextMs(30_000)).toBeCloseTo(999.5);
  });

  it('counts failures in a row and begins anew after a reset', () => {
    const backoff = new Backoff(() => 1);
    backoff.nextMs(30_000);
    backoff.nextMs(30_000);
    expect(backoff.failures).toBe(2);

    backoff.reset();

    expect(backoff.failures).toBe(0);
    expect(backoff.nextMs(30_000)).toBe(1_000);
  });

  it('stays at the bound for years', () => {
    const backoff = new Backoff(() => 1);
    for (let failure = 0; failure < 5_000; failure++) backoff.nextMs(30_000);

    expect(backoff.nextMs(30_000)).toBe(30_000);
  });
});
