import { describe, expect, it } from 'vitest';

import { SecretError } from '../core/errors.ts';
import { isBackingOff, isFresh, isJoinable, isUsableStale, nextBackoff, type Terms, toTerms } from './freshness.ts';

const limits = { refreshIntervalMs: 30_000, minRefreshIntervalMs: 0, staleIfErrorMs: 3_600_000 };
const repeat = { delivery: 'repeat', calledAtMs: 1_000_000 } as const;
const first = { delivery: 'first', calledAtMs: 1_000_000 } as const;
const now = 1_000_000;

describe('toTerms', () => {
  it.for([
    { name: 'the flags where the manifest says nothing', asked: {}, min: 0, refreshMs: 30_000, staleMs: 3_600_000 },
    {
      name: 'what the manifest says',
      asked: { refreshIntervalMs: 5000, staleIfErrorMs: 60_000 },
      min: 0,
      refreshMs: 5000,
      staleMs: 60_000,
    },
    {
      name: 'no less than the minimum',
      asked: { refreshIntervalMs: 5000 },
      min: 10_000,
      refreshMs: 10_000,
      staleMs: 3_600_000,
    },
    {
      name: 'the minimum to a manifest that wants nothing kept',
      asked: { refreshIntervalMs: 0 },
      min: 10_000,
      refreshMs: 10_000,
      staleMs: 3_600_000,
    },
    { name: 'nothing kept, so nothing stale', asked: { refreshIntervalMs: 0 }, min: 0, refreshMs: 0, staleMs: 0 },
    {
      name: 'a flag below the minimum, which bounds manifests',
      asked: {},
      min: 60_000,
      refreshMs: 30_000,
      staleMs: 3_600_000,
    },
    { name: 'never stale', asked: { staleIfErrorMs: 0 }, min: 0, refreshMs: 30_000, staleMs: 0 },
  ])('gives a repeat $name', ({ asked, min, refreshMs, staleMs }) => {
    const terms = toTerms({ staleOnFirstMount: false, ...asked }, { ...limits, minRefreshIntervalMs: min }, repeat);

    expect(terms).toMatchObject({ refreshMs, staleMs });
  });

  it('lets a first delivery be stale only where the manifest says so', () => {
    expect(toTerms({ staleOnFirstMount: false }, limits, first).staleMs).toBe(0);
    expect(toTerms({ staleOnFirstMount: true }, limits, first).staleMs).toBe(3_600_000);
    expect(toTerms({ staleOnFirstMount: true, refreshIntervalMs: 0 }, limits, first).staleMs).toBe(0);
  });

  it.for([
    { asked: {}, keepMs: 3_600_000 },
    { asked: { staleIfErrorMs: 0 }, keepMs: 600_000 },
    { asked: { staleIfErrorMs: 0, refreshIntervalMs: 7_200_000 }, keepMs: 7_200_000 },
  ])('keeps as long as something can still be delivered, and over a few republishes: $asked', ({ asked, keepMs }) => {
    expect(toTerms({ staleOnFirstMount: false, ...asked }, limits, first).keepMs).toBe(keepMs);
  });
});

describe('isFresh', () => {
  it.for([
    { name: 'just asked', ageMs: 0, refreshMs: 30_000, expected: true },
    { name: 'in its last millisecond', ageMs: 29_999, refreshMs: 30_000, expected: true },
    { name: 'at the end of its interval', ageMs: 30_000, refreshMs: 30_000, expected: false },
    { name: 'of the future, since the clock was set back', ageMs: -1, refreshMs: 30_000, expected: false },
    { name: 'when nothing is kept', ageMs: 0, refreshMs: 0, expected: false },
  ])('says $expected to a repeat of a value $name', ({ ageMs, refreshMs, expected }) => {
    expect(isFresh(now - ageMs, toTermsOf({ refreshMs }), now)).toBe(expected);
  });

  it.for([
    { name: 'asked two seconds before the call', askedAtMs: now - 2000, expected: true },
    { name: 'asked before that', askedAtMs: now - 2001, expected: false },
    { name: 'asked after the call came in', askedAtMs: now + 3000, expected: true },
    { name: 'of the future', askedAtMs: now + 5001, expected: false },
  ])('says $expected to a first delivery of a value $name', ({ askedAtMs, expected }) => {
    expect(isFresh(askedAtMs, toTermsOf({ delivery: 'first' }), now + 5000)).toBe(expected);
  });

  it.for([
    { name: 'asked just before the call', askedAtMs: now - 1, expected: false },
    { name: 'asked with the call', askedAtMs: now, expected: true },
    { name: 'asked after the call came in', askedAtMs: now + 3000, expected: true },
  ])('says $expected to a forced delivery of a value $name', ({ askedAtMs, expected }) => {
    expect(isFresh(askedAtMs, toTermsOf({ delivery: 'forced' }), now + 5000)).toBe(expected);
  });

  it('gives a first delivery nothing that is older than the refresh interval', () => {
    expect(isFresh(now - 1500, toTermsOf({ delivery: 'first', refreshMs: 1000 }), now)).toBe(false);
  });
});

describe('isUsableStale', () => {
  it.for([
    { ageMs: 59_999, expected: true },
    { ageMs: 60_000, expected: false },
    { ageMs: -1, expected: false },
  ])('says $expected after $ageMs of 60000 ms', ({ ageMs, expected }) => {
    expect(isUsableStale(now - ageMs, toTermsOf({ staleMs: 60_000 }), now)).toBe(expected);
  });
});

describe('isJoinable', () => {
  it.for([
    { terms: { delivery: 'first' as const }, sentAtMs: now - 2000, expected: true },
    { terms: { delivery: 'first' as const }, sentAtMs: now - 2001, expected: false },
    { terms: { delivery: 'forced' as const }, sentAtMs: now - 1, expected: false },
    { terms: { delivery: 'forced' as const }, sentAtMs: now, expected: true },
    { terms: { delivery: 'repeat' as const }, sentAtMs: now - 90_000, expected: true },
    { terms: { delivery: 'repeat' as const, refreshMs: 0 }, sentAtMs: now, expected: false },
  ])('says $expected: $terms, sent at $sentAtMs', ({ terms, sentAtMs, expected }) => {
    expect(isJoinable(sentAtMs, toTermsOf(terms))).toBe(expected);
  });
});

describe('nextBackoff', () => {
  const error = new SecretError('VAULT_UNREACHABLE', 'no route');

  it('starts at 5 s and doubles up to a minute', () => {
    let backoff = nextBackoff(undefined, error, now);
    const delays = [backoff.delayMs];
    for (let times = 0; times < 5; times++) {
      backoff = nextBackoff(backoff, error, backoff.retryAtMs);
      delays.push(backoff.delayMs);
    }

    expect(delays).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it('is not prolonged by failures that fall into it', () => {
    const backoff = nextBackoff(undefined, error, now);

    expect(nextBackoff(backoff, error, now + 4999)).toBe(backoff);
  });

  it('ends at its time, and when the clock was set back before its start', () => {
    const backoff = nextBackoff(undefined, error, now);

    expect(isBackingOff(backoff, now)).toBe(true);
    expect(isBackingOff(backoff, now + 4999)).toBe(true);
    expect(isBackingOff(backoff, now + 5000)).toBe(false);
    expect(isBackingOff(backoff, now - 1)).toBe(false);
    expect(isBackingOff(undefined, now)).toBe(false);
  });
});

function toTermsOf(changes: Partial<Terms>): Terms {
  return { delivery: 'repeat', calledAtMs: now, refreshMs: 30_000, staleMs: 3_600_000, keepMs: 3_600_000, ...changes };
}
