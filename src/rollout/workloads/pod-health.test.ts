import { describe, expect, it } from 'vitest';

import type { KubeObject } from '../../kube/objects.ts';
import { podFailure } from './pod-health.ts';

const waiting = (reason: string, restartCount = 0) => ({
  name: 'web',
  restartCount,
  state: { waiting: { reason, message: 'value hunter2 of registry' } },
});
const ended = (exitCode: number, restartCount: number) => ({
  name: 'web',
  restartCount,
  state: { terminated: { exitCode, reason: 'Error', message: 'value hunter2 of a process' } },
});
const podOf = (status: unknown, metadata: object = {}): KubeObject => ({
  metadata: { name: 'web-1', uid: 'u', resourceVersion: '1', ...metadata },
  status,
});

describe('podFailure', () => {
  it.for<readonly [string, number]>([
    ['CreateContainerConfigError', 0],
    ['CrashLoopBackOff', 3],
    ['ImagePullBackOff', 0],
    ['ErrImagePull', 0],
  ])('sees %s of a container and of an init container, and quotes nobody', ([reason, restarts]) => {
    for (const list of ['containerStatuses', 'initContainerStatuses']) {
      const failure = podFailure(podOf({ [list]: [{ state: { running: {} } }, waiting(reason, restarts)] }));

      expect(failure).toEqual({
        reason,
        message: expect.stringContaining(`container web of pod web-1 waits with ${reason}`),
      });
      expect(failure?.message).not.toContain('hunter2');
    }
  });

  // kubelet says CrashLoopBackOff a minute later.
  it('sees a container that ends again and again between two ends', () => {
    for (const list of ['containerStatuses', 'initContainerStatuses']) {
      expect(podFailure(podOf({ [list]: [ended(1, 3)] }))?.reason).toBe('CrashLoopBackOff');
    }
  });

  it.for<readonly [string, unknown]>([
    ['has ended twice', { containerStatuses: [ended(1, 2)] }],
    ['is done with its init container, after many crashes', { initContainerStatuses: [ended(0, 9)] }],
    ['starts', { containerStatuses: [waiting('ContainerCreating'), waiting('PodInitializing')] }],
    ['has crashed twice', { containerStatuses: [waiting('CrashLoopBackOff', 2)] }],
    ['runs, after many crashes', { containerStatuses: [{ restartCount: 9, state: { running: {} } }] }],
    ['has no status', undefined],
    ['has a status of another shape', { containerStatuses: [null, 'x', { state: 'x' }], initContainerStatuses: {} }],
  ])('sees nothing in a pod that %s', ([, status]) => {
    expect(podFailure(podOf(status))).toBeUndefined();
  });

  it('leaves out a pod that is going anyway', () => {
    const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z' };

    expect(podFailure(podOf({ containerStatuses: [waiting('ErrImagePull')] }, metadata))).toBeUndefined();
  });
});
