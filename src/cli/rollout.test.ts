import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { StatusUnderTest } from '../../test/fakes/status-under-test.ts';
import { resources } from '../kube/objects.ts';

let cluster: StatusUnderTest;

const counts = { total: 2, updated: 1, inProgress: 0, failed: 1, held: 0, waiting: 0 };
const halted = {
  version: 'aaaaaaaaaaaa',
  workload: 'Deployment shop/web',
  reason: 'CrashLoopBackOff',
  at: '2026-01-01T00:00:00Z',
};
const rollout = { state: 'Halted', message: 'web failed', version: 'aaaaaaaaaaaa', ...counts, halted };

beforeEach(async () => {
  cluster = await StatusUnderTest.start();
  cluster.kube.put(resources.syncs, {
    metadata: { namespace: 'shop', name: 'db' },
    spec: { secretProviderClassName: 'db', serviceAccountName: 'db' },
    status: { rollout },
  });
  cluster.kube.put(resources.syncs, {
    metadata: { namespace: 'shop', name: 'new' },
    spec: { secretProviderClassName: 'db', serviceAccountName: 'db' },
  });
});

afterEach(() => cluster[Symbol.asyncDispose]());

function metadataOf(name: string) {
  return cluster.kube.get(resources.syncs, 'shop', name)?.metadata;
}

async function rolloutWith(...argv: readonly string[]) {
  return await cluster.runCommand('rollout', argv);
}

describe('lockstep rollout', () => {
  it.for(['approve', 'resume'])('%s names the version that is meant', async (action) => {
    const { code, err } = await rolloutWith(action, 'db', '--expect', 'aaaaaaaaaaaa');

    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('shop/db: version aaaaaaaaaaaa is') });
    expect(metadataOf('db')?.annotations).toEqual({ [`lockstep.dev/${action}`]: 'aaaaaaaaaaaa' });
  });

  it('approves nothing that somebody has not looked at', async () => {
    const { code, err } = await rolloutWith('approve', 'db', '--expect', 'bbbbbbbbbbbb');

    expect(code).toBe(1);
    expect(err).toContain('shop/db has version aaaaaaaaaaaa by now, not bbbbbbbbbbbb');
    expect(metadataOf('db')?.annotations).toBeUndefined();
  });

  it.for([
    ['approve', 'new', 'shop/new has no version yet'],
    ['resume', 'new', 'shop/new is not halted'],
    ['approve', 'gone', 'there is no SecretProviderClassSync gone in namespace shop'],
  ] as const)('says why it cannot %s %s', async ([action, name, reason]) => {
    const { code, err } = await rolloutWith(action, name);

    expect(code).toBe(1);
    expect(err).toContain(reason);
  });

  it('freezes and thaws one or several', async () => {
    await rolloutWith('freeze', 'db', 'new');
    expect(metadataOf('db')?.labels).toEqual({ 'lockstep.dev/freeze': 'true' });
    expect(metadataOf('new')?.labels).toEqual({ 'lockstep.dev/freeze': 'true' });

    await rolloutWith('thaw', 'db');
    expect(metadataOf('db')?.labels ?? {}).toEqual({});
  });

  it('freezes a whole namespace', async () => {
    cluster.kube.put(resources.namespaces, { metadata: { name: 'shop' } });
    const { code } = await rolloutWith('freeze', '--whole-namespace', '-n', 'shop');

    expect(code).toBe(0);
    expect(cluster.kube.get(resources.namespaces, undefined, 'shop')?.metadata.labels).toEqual({
      'lockstep.dev/freeze': 'true',
    });
  });

  it('shows the last rollouts and every workload', async () => {
    const entry = { workload: 'Deployment shop/web', uid: 'u', mode: 'Restart', generation: 1, usage: '', stamp: '' };
    const [startedAt, endedAt] = ['2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'];
    const failed = { version: 'aaaaaaaaaaaa', startedAt, endedAt, outcome: 'Failed', reason: 'CrashLoopBackOff' };
    cluster.kube.put(resources.syncs, {
      metadata: { namespace: 'shop', name: 'db' },
      spec: { secretProviderClassName: 'db', serviceAccountName: 'db' },
      status: {
        rollout: {
          ...rollout,
          history: [{ version: 'aaaaaaaaaaaa', startedAt, endedAt, outcome: 'Halted', updated: 1, failed: 1 }],
          workloads: [{ ...entry, rollout: failed }],
        },
      },
    });

    const { out } = await rolloutWith('history', 'db');

    expect(out).toContain('shop/db: Halted, version aaaaaaaaaaaa; web failed');
    expect(out).toMatch(/^aaaaaaaaaaaa +\S+ +\S+ +Halted +1 +1$/m);
    expect(out).toMatch(/^Deployment shop\/web +Restart +aaaaaaaaaaaa +\S+ +Failed +CrashLoopBackOff$/m);
  });

  it.for([
    [['aprove', 'db'], 'must be one of approve, resume, freeze, thaw, history'],
    [['approve'], 'NAME: is missing'],
    [['approve', 'Not_A_Name'], 'is no name of a SecretProviderClassSync'],
    [['approve', '--whole-namespace'], '--whole-namespace: goes with freeze and thaw only'],
    [['freeze', 'db', '--whole-namespace'], 'NAME: goes without --whole-namespace'],
    [['freeze', 'db', '--expect', 'x'], '--expect: goes with approve and resume only'],
  ] as const)('takes %j for wrong usage', async ([argv, mistake]) => {
    const { code, err } = await rolloutWith(...argv);

    expect(code).toBe(2);
    expect(err).toContain(mistake);
  });
});
