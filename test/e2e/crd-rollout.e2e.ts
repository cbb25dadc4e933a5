import { expect, it } from 'vitest';

import { parseSync } from '../../src/controller/parse-sync.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import type { RolloutStatus } from '../../src/rollout/rollout-status.ts';
import { apiE2e } from './harness/api-e2e.ts';
import { applyCrds } from './harness/apply-manifests.ts';

apiE2e('The CRD of SecretProviderClassSync', 'crd-rollout', (stand) => {
  it('keeps every field of the status of rollouts', async () => {
    const { kube, namespace } = stand();
    await applyCrds(kube);
    const collection = `/apis/lockstep.dev/v1alpha1/namespaces/${namespace}/secretproviderclasssyncs`;
    await kube.call('POST', collection, {
      apiVersion: 'lockstep.dev/v1alpha1',
      kind: 'SecretProviderClassSync',
      metadata: { name: 'db' },
      spec: { secretProviderClassName: 'db', serviceAccountName: 'app' },
    });
    const write = async (rollout: RolloutStatus): Promise<KubeObject> =>
      await kube.call('PATCH', `${collection}/db/status`, { status: { rollout } });

    expect(parseSync(await write(everyField)).rollout.status).toEqual(everyField);
  });
});

const time = '2026-01-05T12:00:00.123Z';

const everyField: RolloutStatus = {
  version: '0123456789ab',
  since: time,
  changingSince: time,
  state: 'InProgress',
  message: 'm',
  total: 5,
  updated: 1,
  inProgress: 1,
  failed: 1,
  held: 1,
  waiting: 1,
  estimatedCompletion: time,
  oldestInUse: [{ secret: 'db', version: 'db-0123456789ab' }],
  halted: { version: '0123456789ab', workload: 'Deployment shop/web', reason: 'CrashLoopBackOff', at: time },
  history: [
    {
      version: '0123456789ab',
      startedAt: time,
      endedAt: time,
      outcome: 'Superseded',
      updated: 1,
      failed: 1,
      isRestless: true,
    },
  ],
  workloads: [
    {
      workload: 'Deployment shop/web',
      uid: 'u',
      mode: 'Pin',
      generation: 7,
      usage: '01234567',
      stamp: 'kid=01234567;db=0123456789ab',
      template: 'db=db-0123456789ab',
      reverts: 1,
      revertedAt: time,
      rollout: {
        version: '0123456789ab',
        startedAt: time,
        wasUnhealthy: true,
        progress: { at: time, message: '1 of 2 replicas are updated' },
        endedAt: time,
        outcome: 'Failed',
        soak: { since: time, isWell: false },
        reason: 'RolledBack',
      },
      busySince: time,
      obstacle: 'RolledBack',
    },
  ],
};
