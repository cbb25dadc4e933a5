import { beforeEach, describe, expect, it } from 'vitest';

import { sourceOf, statusOf } from '../../test/fakes/sources.ts';
import { createMetrics, type Metrics } from '../platform/metrics.ts';
import type { LedgerEntry } from './ledger.ts';
import { RolloutMetrics } from './rollout-metrics.ts';
import type { RolloutStatus } from './rollout-status.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const startedAt = '2026-01-01T00:00:00Z';

let metrics: Metrics;
let recorded: RolloutMetrics;

beforeEach(() => {
  metrics = createMetrics();
  recorded = new RolloutMetrics(metrics);
});

function record(name: string, rollout: RolloutStatus | undefined, rolloutSpec: object = { mode: 'Restart' }): void {
  const verdict = rollout && ({ rollout, status: 'False', reason: rollout.state, message: '' } as const);
  recorded.record(sourceOf({ name, rollout: rolloutSpec }), verdict, now);
}

async function valueOf(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
  const { values } = (await metrics.registry.getSingleMetric(name)?.get()) ?? { values: [] };
  const fits = (found: object): boolean =>
    Object.entries(labels).every((label) => Object.entries(found).some(([k, v]) => k === label[0] && v === label[1]));
  return values.find((each) => fits(each.labels))?.value;
}

async function workloads(state: string): Promise<number | undefined> {
  return await valueOf('lockstep_rollout_workloads', { state });
}

describe('the series of rollouts', () => {
  it('sum up all sources, each as it is now', async () => {
    record('a', statusOf({ updated: 3, inProgress: 2, waiting: 5 }));
    record('b', statusOf({ updated: 1, failed: 1, held: 4 }));
    record('a', statusOf({ updated: 5, inProgress: 0, waiting: 5 }));

    expect(await Promise.all(['Updated', 'InProgress', 'Failed', 'Held', 'Waiting'].map(workloads))).toEqual([
      6, 0, 1, 4, 5,
    ]);
  });

  it('count the sources that are halted', async () => {
    record('a', statusOf({ state: 'Halted' }));
    record('b', statusOf({ state: 'Halted' }));
    record('a', statusOf());

    expect(await valueOf('lockstep_rollout_halted')).toBe(1);
  });

  it.for([
    ['it has passed', '30m', {}, 1],
    ['it will pass by the estimate', '2h', { estimatedCompletion: '2026-01-01T02:30:00Z' }, 1],
    ['it will be met', '2h', { estimatedCompletion: '2026-01-01T01:30:00Z' }, 0],
    ['there is none', undefined, {}, 0],
  ] as const)('say whether a source is behind its deadline: %s', async ([, deadline, more, expected]) => {
    const history = [{ version: 'v', startedAt, outcome: 'InProgress', updated: 0, failed: 0 } as const];
    record('a', statusOf({ state: 'InProgress', history, ...more }), { mode: 'Restart', deadline });

    expect(await valueOf('lockstep_rollout_behind_deadline')).toBe(expected);
  });

  it('say of no source that it is behind once its rollout has ended', async () => {
    const history = [
      { version: 'v', startedAt, endedAt: startedAt, outcome: 'Complete', updated: 1, failed: 0 } as const,
    ];
    record('a', statusOf({ history }), { mode: 'Restart', deadline: '1m' });

    expect(await valueOf('lockstep_rollout_behind_deadline')).toBe(0);
  });

  it('count an outcome when it is new', async () => {
    const entry: LedgerEntry = {
      workload: 'Deployment shop/web',
      uid: 'web',
      mode: 'Restart',
      generation: 1,
      usage: 'u',
      stamp: 's',
    };
    const ended = { ...entry, rollout: { version: 'v', startedAt, endedAt: startedAt, outcome: 'Failed' } as const };
    const rollout = statusOf({ workloads: [ended] });
    const verdict = { rollout, status: 'True', reason: 'Complete', message: '' } as const;
    const outcomes = (): Promise<number | undefined> =>
      valueOf('lockstep_rollout_outcomes_total', { outcome: 'Failed' });

    recorded.record(sourceOf({ status: statusOf({ workloads: [entry] }) }), verdict, now);
    expect(await outcomes()).toBe(1);
    recorded.record(sourceOf({ status: rollout }), verdict, now);
    expect(await outcomes()).toBe(1);
  });

  it.for([
    ['it is gone', () => recorded.forget('shop/a')],
    ['there is nothing to say of it', () => record('a', undefined)],
    ['others lead', () => recorded.clear()],
  ] as const)('keep nothing of a source when %s', async ([, forget]) => {
    record('a', statusOf({ state: 'Halted', updated: 3 }));
    forget();
    forget();

    expect([await workloads('Updated'), await valueOf('lockstep_rollout_halted')]).toEqual([0, 0]);
  });
});
