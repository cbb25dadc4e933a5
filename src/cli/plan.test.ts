import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { StatusUnderTest } from '../../test/fakes/status-under-test.ts';
import { rawWorkload, type WorkloadParts } from '../../test/fakes/workloads.ts';
import { resources } from '../kube/objects.ts';

let cluster: StatusUnderTest;

function putSync(spec: object = {}, metadata: object = {}): void {
  const secretObjects = [{ secretName: 'db', type: 'Opaque', data: [{ objectName: 'a', key: 'a' }] }];
  cluster.kube.put(resources.syncs, {
    metadata: { namespace: 'shop', name: 'db', ...metadata },
    spec: { secretProviderClassName: 'db', serviceAccountName: 'db', secretObjects, ...spec },
  });
}

function putDeployment(name: string, parts: WorkloadParts = {}): void {
  cluster.kube.put(
    resources.deployments,
    rawWorkload('Deployment', { ...parts, metadata: { ...parts.metadata, name, uid: name } }),
  );
}

beforeEach(async () => {
  cluster = await StatusUnderTest.start();
});

afterEach(() => cluster[Symbol.asyncDispose]());

describe('lockstep plan', () => {
  it('says which workloads and pods a change would roll out, in which order, and how long it takes', async () => {
    putSync({ rollout: { mode: 'Restart' } });
    putDeployment('web');
    putDeployment('api');
    putDeployment('off', { metadata: { labels: { 'lockstep.dev/rollout': 'off' } } });

    const { code, out } = await cluster.runCommand('plan', ['db']);

    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, '|'))).toEqual([
      'shop/db: Restart, 2 workloads with 4 pods, 1 at a time, about 2m30s',
      'KIND|NAME|MODE|PODS|HEALTH|PART|SECRETS',
      'Deployment|api|Restart|2|Healthy|Canary|db',
      'Deployment|web|Restart|2|Healthy|Follows|db',
      'Deployment|off|Off|2|Healthy|Off|-',
      '',
    ]);
  });

  it.for([
    ['a label freezes it', {}, { labels: { 'lockstep.dev/freeze': 'true' } }, 'frozen: nothing begins'],
    ['it needs approval', { approval: 'Manual' }, {}, 'waits for approval'],
    ['it has windows', { windows: [{ schedule: '0 2 * * *', duration: '2h' }] }, {}, 'waits for a window'],
    ['it makes no sense', { windows: [{ schedule: 'x', duration: '2h' }] }, {}, 'spec.rollout is invalid'],
  ] as const)('says that nothing begins at once when %s', async ([, rollout, metadata, obstacle]) => {
    putSync({ rollout: { mode: 'Restart', ...rollout } }, metadata);
    putDeployment('web');

    expect((await cluster.runCommand('plan', [])).out).toContain(obstacle);
  });

  it('prints everything it knows as JSON', async () => {
    putSync({ rollout: { mode: 'Restart' } });
    putDeployment('web', { status: { observedGeneration: 0 } });

    const { out } = await cluster.runCommand('plan', ['-A', '-o', 'json']);

    expect(JSON.parse(out)).toEqual([
      {
        namespace: 'shop',
        name: 'db',
        mode: 'Restart',
        obstacle: null,
        concurrency: 1,
        expectedSeconds: 60,
        pods: 2,
        unhealthy: 1,
        workloads: [
          {
            kind: 'Deployment',
            name: 'web',
            mode: 'Restart',
            pods: 2,
            health: 'Progressing',
            part: 'Unhealthy',
            secrets: ['db'],
          },
        ],
      },
    ]);
  });

  it('says which mode the label of a workload asks for where the sync itself is off', async () => {
    putSync();
    putDeployment('web', { metadata: { labels: { 'lockstep.dev/rollout': 'pin' } } });

    const { out } = await cluster.runCommand('plan', ['db']);

    expect(out).toMatch(/^shop\/db: Off, 1 workload with 2 pods/);
    expect(out).toMatch(/Deployment +web +Pin /);
  });

  it.for([
    ['that one alone', [], { verb: 'list' }],
    ['all of them', ['-A'], { verb: 'get' }],
  ] as const)('reads the label of the namespace with rights on %s', async ([, flags, withheld]) => {
    cluster.kube.put(resources.namespaces, { metadata: { name: 'shop', labels: { 'lockstep.dev/freeze': 'true' } } });
    cluster.kube.forbid({ plural: 'namespaces', ...withheld });
    putSync({ rollout: { mode: 'Restart' } });
    putDeployment('web');

    expect((await cluster.runCommand('plan', flags)).out).toContain('frozen: nothing begins');
  });

  it('says that there is none of the name', async () => {
    const { code, err } = await cluster.runCommand('plan', ['db']);

    expect(code).toBe(1);
    expect(err).toContain('there is no SecretProviderClassSync db');
  });
});
