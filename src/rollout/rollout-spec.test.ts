import { describe, expect, it } from 'vitest';

import { parseRolloutSpec } from './rollout-spec.ts';

describe('parseRolloutSpec', () => {
  it.for([undefined, null, {}, { canary: null, windows: null, deadline: null }])('has its defaults for %o', (raw) => {
    expect(parseRolloutSpec(raw)).toEqual({
      ok: true,
      value: {
        mode: 'Off',
        approval: 'Automatic',
        maxConcurrent: { unit: 'workloads', count: 1 },
        maxFailures: 0,
        canary: { count: 1, soakMs: 30_000 },
        deadlineMs: undefined,
        windows: [],
        retention: 'History',
      },
    });
  });

  it('understands everything', () => {
    const raw = {
      mode: 'Pin',
      approval: 'Manual',
      maxConcurrent: '25%',
      maxFailures: 2,
      canary: { count: 0, soak: '5m' },
      deadline: '1h30m',
      windows: [{ schedule: '0 2 * * 1-5', duration: '2h', timeZone: 'Europe/Paris' }],
      retention: 'InUse',
      later: 'fields of later versions',
    };

    expect(parseRolloutSpec(raw)).toEqual({
      ok: true,
      value: {
        mode: 'Pin',
        approval: 'Manual',
        maxConcurrent: { unit: 'percent', percent: 25 },
        maxFailures: 2,
        canary: { count: 0, soakMs: 300_000 },
        deadlineMs: 5_400_000,
        windows: [expect.objectContaining({ durationMs: 7_200_000, timeZone: 'Europe/Paris' })],
        retention: 'InUse',
      },
    });
  });

  it.for([
    ['spec.rollout', 'x'],
    ['spec.rollout.mode', { mode: 'pin' }],
    ['spec.rollout.approval', { approval: true }],
    ['spec.rollout.maxConcurrent', { maxConcurrent: 0 }],
    ['spec.rollout.maxConcurrent', { maxConcurrent: '0%' }],
    ['spec.rollout.maxConcurrent', { maxConcurrent: '101%' }],
    ['spec.rollout.maxConcurrent', { maxConcurrent: 1.5 }],
    ['spec.rollout.maxFailures', { maxFailures: -1 }],
    ['spec.rollout.canary', { canary: 1 }],
    ['spec.rollout.canary.count', { canary: { count: -1 } }],
    ['spec.rollout.canary.soak', { canary: { soak: 'long' } }],
    ['spec.rollout.deadline', { deadline: '-1h' }],
    ['spec.rollout.windows', { windows: {} }],
    [
      'spec.rollout.windows[1].schedule',
      {
        windows: [
          { schedule: '0 2 * * *', duration: '1h' },
          { schedule: '0 2 * *', duration: '1h' },
        ],
      },
    ],
    ['spec.rollout.retention', { retention: 'None' }],
  ] as const)('names %s', ([path, raw]) => {
    expect(parseRolloutSpec(raw)).toEqual({ ok: false, problems: [{ path, message: expect.any(String) }] });
  });
});
