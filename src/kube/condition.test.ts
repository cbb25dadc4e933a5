import { describe, expect, it } from 'vitest';

import { toCondition, toTimeText } from './condition.ts';

const nowMs = Date.parse('2026-01-01T00:00:00.987Z');
const ready = { type: 'Ready', status: 'True', reason: 'Synced', message: 'all is well' } as const;
const before = { ...ready, lastTransitionTime: '2025-12-31T00:00:00Z' };

describe('a condition', () => {
  it.for([
    ['there was none before', undefined, '2026-01-01T00:00:00Z'],
    ['its status was another', { ...before, status: 'False' as const }, '2026-01-01T00:00:00Z'],
    ['only its words were others', { ...before, reason: 'Other', message: 'x' }, '2025-12-31T00:00:00Z'],
  ] as const)('has the time of its transition when %s', ([, former, expected]) => {
    expect(toCondition(ready, former, nowMs)).toEqual({ ...ready, lastTransitionTime: expected });
  });
});

describe('a time', () => {
  it('is in whole seconds, as Kubernetes writes it', () => {
    expect(toTimeText(nowMs)).toBe('2026-01-01T00:00:00Z');
  });
});
