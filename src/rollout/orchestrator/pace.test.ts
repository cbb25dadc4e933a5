import { describe, expect, it } from 'vitest';

import { specOf } from '../../../test/fakes/namespace-world.ts';
import type { LedgerEntry } from '../ledger.ts';
import { averageRolloutMs, concurrencyOf, estimateCompletion } from './pace.ts';
import type { RolloutRecord, RolloutStatus } from '../rollout-status.ts';

const now = Date.parse('2026-01-05T12:00:00Z');
const at = (ms: number): string => new Date(now + ms).toISOString();

function took(ms: number, outcome: 'Updated' | 'Failed' = 'Updated'): LedgerEntry {
  const rollout = { version: 'v', startedAt: at(0), endedAt: at(ms), outcome };
  return { workload: 'w', uid: 'u', mode: 'Restart', generation: 1, usage: '', stamp: '', rollout };
}

describe('averageRolloutMs', () => {
  it('is that of what went well', () => {
    expect(averageRolloutMs([took(10_000), took(30_000), took(600_000, 'Failed')])).toBe(20_000);
  });

  it.for([[[]], [[took(-5)]], [[took(600_000, 'Failed')]]])('is a minute before anything was measured', ([entries]) => {
    expect(averageRolloutMs(entries ?? [])).toBe(60_000);
  });

  it('is never nothing', () => {
    expect(averageRolloutMs([took(0)])).toBe(1000);
  });
});

describe('concurrencyOf', () => {
  const begun: RolloutRecord = { version: 'v', startedAt: at(-60_000), outcome: 'InProgress', updated: 0, failed: 0 };

  it.for([
    ['what the spec says', {}, 100, 1],
    ['a share of all, rounded down', { maxConcurrent: '25%' }, 7, 1],
    ['at least one', { maxConcurrent: '1%' }, 7, 1],
    ['more, to meet the deadline', { deadline: '11m' }, 100, 10],
    ['no less for the sake of the deadline', { deadline: '11m', maxConcurrent: 20 }, 100, 20],
    ['all at once when it is too late', { deadline: '1m' }, 100, 100],
    ['all at once when it has passed', { deadline: '0s' }, 100, 100],
  ] as const)('is %s', ([, spec, remaining, expected]) => {
    expect(concurrencyOf(specOf(spec), { total: 7, remaining, averageMs: 60_000, now }, begun)).toBe(expected);
  });

  it('has the whole deadline before it begins', () => {
    const load = { total: 10, remaining: 10, averageMs: 60_000, now };
    expect(concurrencyOf(specOf({ deadline: '10m' }), load, undefined)).toBe(1);
  });
});

describe('estimateCompletion', () => {
  const load = { total: 10, remaining: 10, averageMs: 60_000, now };
  const statusWith = (estimatedCompletion: string): RolloutStatus => ({
    state: 'InProgress',
    message: '',
    total: 0,
    updated: 0,
    inProgress: 0,
    failed: 0,
    held: 0,
    waiting: 0,
    estimatedCompletion,
  });

  it('counts turns and the soak', () => {
    expect(estimateCompletion(load, { limit: 3, soakMs: 30_000 }, undefined)).toBe(at(4 * 60_000 + 30_000));
    expect(estimateCompletion({ ...load, remaining: 0 }, { limit: 3, soakMs: 0 }, undefined)).toBeUndefined();
  });

  it('stays what it was as long as that is about right', () => {
    const before = at(10 * 60_000 + 50_000);
    expect(estimateCompletion(load, { limit: 1, soakMs: 0 }, statusWith(before))).toBe(before);
    expect(estimateCompletion(load, { limit: 1, soakMs: 0 }, statusWith(at(20 * 60_000)))).toBe(at(10 * 60_000));
    const soon = { ...load, remaining: 1, averageMs: 1000 };
    expect(estimateCompletion(soon, { limit: 1, soakMs: 0 }, statusWith(at(-1)))).toBe(at(1000));
  });
});
