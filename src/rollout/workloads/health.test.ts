import { describe, expect, it } from 'vitest';

import { rawWorkload, type WorkloadParts } from '../../../test/fakes/workloads.ts';
import { healthOf } from './health.ts';
import type { WorkloadKind } from './workload-kind.ts';

type Row = readonly [name: string, kind: WorkloadKind, parts: WorkloadParts, message?: string];
const timedOut = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'hunter2' };
const noQuota = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'env hunter2 denied' };
const onDelete = { updateStrategy: { type: 'OnDelete' } };
const partition = (value: number) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: value } },
});

describe('healthOf', () => {
  it.for<Row>([
    ['a Deployment whose pods are all there', 'Deployment', {}],
    [
      'a Deployment scaled to zero',
      'Deployment',
      { spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } },
    ],
    [
      'a Deployment with one replica by default',
      'Deployment',
      { spec: { replicas: undefined }, status: { replicas: 1, updatedReplicas: 1, availableReplicas: 1 } },
    ],
    ['a complete Deployment that could not make a pod earlier', 'Deployment', { status: { conditions: [noQuota] } }],
    ['a StatefulSet whose pods are all there', 'StatefulSet', {}],
    [
      'a StatefulSet rolled out as far as its partition',
      'StatefulSet',
      { spec: partition(1), status: { updatedReplicas: 1, updateRevision: 'web-2' } },
    ],
    [
      'a StatefulSet with replaced pods by hand',
      'StatefulSet',
      { spec: onDelete, status: { updatedReplicas: 0, updateRevision: 'web-2' } },
    ],
    ['a DaemonSet whose pods are all there', 'DaemonSet', {}],
    ['a DaemonSet with replaced pods by hand', 'DaemonSet', { spec: onDelete, status: { updatedNumberScheduled: 0 } }],
    [
      'a DaemonSet without nodes',
      'DaemonSet',
      { status: { desiredNumberScheduled: 0, updatedNumberScheduled: 0, numberAvailable: 0 } },
    ],
    ['a CronJob', 'CronJob', {}],
  ])('calls %s healthy', ([, kind, parts]) => {
    expect(healthOf(kind, rawWorkload(kind, parts))).toEqual({ state: 'Healthy' });
  });

  it.for<Row>([
    ['has not been seen', 'Deployment', { status: { observedGeneration: 2 } }, 'not been seen by its controller'],
    [
      'has not been seen, though old pods are there',
      'StatefulSet',
      { status: { observedGeneration: 2 } },
      'not been seen',
    ],
    ['has no status at all', 'DaemonSet', { status: { observedGeneration: undefined } }, 'not been seen'],
    ['has too few new replicas', 'Deployment', { status: { updatedReplicas: 1 } }, '1 of 2 replicas are updated'],
    ['has old replicas left', 'Deployment', { status: { replicas: 3 } }, '1 old replicas have not ended'],
    [
      'has new replicas that are not available',
      'Deployment',
      { status: { availableReplicas: 1 } },
      '1 of 2 updated replicas are available',
    ],
    ['has replicas that are not ready', 'StatefulSet', { status: { readyReplicas: 1 } }, '1 of 2 replicas are ready'],
    [
      'waits for its partition',
      'StatefulSet',
      { spec: partition(1), status: { updatedReplicas: 0 } },
      '0 of 1 replicas are updated',
    ],
    [
      'has old replicas of a set',
      'StatefulSet',
      { spec: partition(0), status: { updatedReplicas: 1 } },
      '1 of 2 replicas are updated',
    ],
    [
      'has another revision to come',
      'StatefulSet',
      { status: { updateRevision: 'web-2' } },
      '2 of 2 replicas are updated',
    ],
    [
      'has replicas that are not ready, replaced by hand',
      'StatefulSet',
      { spec: onDelete, status: { readyReplicas: 0 } },
      '0 of 2',
    ],
    ['has old pods on nodes', 'DaemonSet', { status: { updatedNumberScheduled: 1 } }, '1 of 2 pods are updated'],
    ['has pods that are not available', 'DaemonSet', { status: { numberAvailable: 1 } }, '1 of 2 pods are available'],
  ])('calls one in progress that %s', ([, kind, parts, message]) => {
    expect(healthOf(kind, rawWorkload(kind, parts))).toEqual({
      state: 'Progressing',
      message: expect.stringContaining(message ?? ''),
    });
  });

  it.for<readonly [string, object]>([
    ['ProgressDeadlineExceeded', { status: { updatedReplicas: 1, conditions: [timedOut] } }],
    ['ReplicaFailure', { status: { updatedReplicas: 1, conditions: [noQuota] } }],
  ])('calls a Deployment with %s failed, in its own words', ([reason, parts]) => {
    const health = healthOf('Deployment', rawWorkload('Deployment', parts));

    expect(health).toMatchObject({ state: 'Failed', reason });
    expect(JSON.stringify(health)).not.toContain('hunter2');
  });

  it('does not take a deadline of the generation before for one of the present', () => {
    const raw = rawWorkload('Deployment', { status: { observedGeneration: 2, conditions: [timedOut] } });

    expect(healthOf('Deployment', raw).state).toBe('Progressing');
  });

  it('calls a paused Deployment paused, whatever its pods do', () => {
    const raw = rawWorkload('Deployment', { spec: { paused: true }, status: { conditions: [timedOut] } });

    expect(healthOf('Deployment', raw)).toEqual({ state: 'Paused' });
  });

  it.for<WorkloadKind>(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'])(
    'makes do with any shape of a %s',
    (kind) => {
      const { metadata } = rawWorkload(kind);
      for (const part of [undefined, null, 'x', [], { conditions: 'x', replicas: 'x', updateStrategy: null }]) {
        expect(healthOf(kind, { metadata, spec: part, status: part }).state).toMatch(/^(Progressing|Healthy)$/);
      }
    },
  );
});
