import { describe, expect, it } from 'vitest';

import { sourceOf } from '../../test/fakes/sources.ts';
import { rawWorkload, workloadOf } from '../../test/fakes/workloads.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { PreviewStep } from '../rollout/preview.ts';
import { type PlanEntry, podsOf, summarizePlan, toPlanEntry } from './plan-entry.ts';

interface Planned {
  readonly name: string;
  readonly part: PreviewStep['part'];
  readonly pods: number;
  readonly isIll?: true;
}

function planOf(planned: readonly Planned[], obstacle: string | null = null): PlanEntry {
  const steps = planned.map(({ name, part, isIll }): PreviewStep => {
    const status = isIll ? { observedGeneration: 0 } : {};
    const workload = workloadOf('Deployment', { metadata: { name }, status });
    return { workload, mode: 'Restart', part, secrets: ['db'] };
  });
  const preview = { steps, concurrency: 2, durationMs: 90_400 };
  const pods = new Map(planned.map(({ name, pods: count }) => [`Deployment shop/${name}`, count]));
  return toPlanEntry({ source: sourceOf(), mode: 'Restart', obstacle, preview, pods });
}

describe('what a change would do', () => {
  it('counts the pods of those that it touches only, and everybody who is not well', () => {
    const entry = planOf([
      { name: 'a', part: 'Canary', pods: 1 },
      { name: 'b', part: 'Follows', pods: 2 },
      { name: 'c', part: 'Unhealthy', pods: 4, isIll: true },
      { name: 'd', part: 'Paused', pods: 8, isIll: true },
    ]);

    expect(entry).toMatchObject({ pods: 7, unhealthy: 2, expectedSeconds: 90, concurrency: 2 });
    expect(summarizePlan(entry)).toBe(
      'shop/db: Restart, 3 workloads with 7 pods, 2 at a time, about 1m30s; 2 not healthy now',
    );
  });

  it('is said in the singular, and with what is in the way', () => {
    expect(summarizePlan(planOf([{ name: 'a', part: 'Canary', pods: 1 }], 'waits for approval'))).toBe(
      'shop/db: Restart, 1 workload with 1 pod, 2 at a time, about 1m30s; waits for approval',
    );
  });

  it('takes no time when nobody is touched', () => {
    expect(summarizePlan(planOf([{ name: 'a', part: 'Frozen', pods: 3 }]))).toBe(
      'shop/db: Restart, 0 workloads with 0 pods',
    );
  });
});

describe('how many pods a workload is to have', () => {
  it.for([
    ['a Deployment', rawWorkload('Deployment', { spec: { replicas: 5 } }), 5],
    ['a Deployment that was scaled down', rawWorkload('Deployment', { spec: { replicas: 0 } }), 0],
    ['a Deployment that says nothing', rawWorkload('Deployment', { spec: { replicas: undefined } }), 1],
    ['a DaemonSet', rawWorkload('DaemonSet', { status: { desiredNumberScheduled: 7 } }), 7],
    ['a DaemonSet that nobody has looked at', { ...rawWorkload('DaemonSet'), status: undefined }, 0],
    ['a CronJob', rawWorkload('CronJob'), 0],
  ] as const satisfies readonly (readonly [string, KubeObject, number])[])('of %s', ([, object, expected]) => {
    expect(podsOf(object)).toBe(expected);
  });
});
