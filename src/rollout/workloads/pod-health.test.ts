import { describe, expect, it } from 'vitest';

import type { KubeObject } from '../../kube/objects.ts';
import { podFailure } from './pod-health.ts';

const waiting = (reason: string, restartCount = 0) => ({
  name: 'web',
  restartCount,
  state: { waiting: { reason, message: 'value hunter2 of registry' } },
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

  it.for<readonly [string, unknown]>([
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
