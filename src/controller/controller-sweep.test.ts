import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { UnderTestOptions } from '../../test/fakes/controller-under-test.ts';
import { RolledWorkload } from '../../test/fakes/rolled-workloads.ts';
import { RolloutsUnderTest } from '../../test/fakes/rollouts-under-test.ts';
import { namespace, type SyncWorld } from '../../test/fakes/sync-world.ts';
import { putUser } from '../../test/fakes/version-users.ts';
import { resources } from '../kube/objects.ts';

let test: RolloutsUnderTest;
let world: SyncWorld;
let web: RolledWorkload;

const inUse = { mode: 'Pin', canary: { count: 0 }, retention: 'InUse' };
const policy = 'lockstep-pin-secrets';
/** Until a version that nothing uses is found, has waited, and is deleted. */
const sweepMs = 85 * 60_000;

beforeEach(async () => {
  test = await RolloutsUnderTest.create();
  ({ world } = test);
  world.kube.put(resources.mutatingPolicies, { metadata: { name: policy } });
  world.kube.put(resources.mutatingBindings, { metadata: { name: policy }, spec: { policyName: policy } });
});

afterEach(() => test[Symbol.asyncDispose]());

/** A workload that was pinned to one version and then to another. Answers both. */
async function rollTwice(options: UnderTestOptions = {}, rollout: object = inUse): Promise<readonly [string, string]> {
  // Sweeps take hours, and nothing else is to happen meanwhile.
  world.putPair('db', { rollout, interval: '0s' });
  web = RolledWorkload.put(world, 'db');
  await test.start(options);
  return [await rollOut('one'), await rollOut('two')];
}

async function rollOut(value: string): Promise<string> {
  await test.change('db', value);
  web.finish();
  await test.pass();
  return current();
}

function current(): string {
  return world.status('db').secrets?.find(({ name }) => name === 'db')?.version ?? '';
}

/** Names of the immutable Secrets. */
function versions(): readonly string[] {
  return world.kube.all(resources.secrets, namespace).flatMap((each) => (each['immutable'] ? each.metadata.name : []));
}

function isThere(version: string): boolean {
  return versions().includes(version);
}

/** A pod as the policy has made it. */
function putPod(version: string): void {
  putUser(world.kube, resources.pods, { name: 'web-1', pins: `db=${version}`, reads: version });
}

describe('versions of a Secret', () => {
  it('are deleted when nothing has used them for an hour, and never the present one', async () => {
    const [one, two] = await rollTwice();
    putPod(two);
    await test.pass(55 * 60_000);
    expect(isThere(one)).toBe(true);

    await test.pass(sweepMs - 55 * 60_000);
    expect(versions()).toEqual([two]);
  });

  it('are told of while they are in use: what is older may be revoked', async () => {
    const [one, two] = await rollTwice();
    putPod(one);
    await test.pass(12 * 60_000);
    expect(test.rolloutOf('db')).toMatchObject({ oldestInUse: [{ secret: 'db', version: one }] });
    expect(await test.metric('lockstep_rollout_old_versions')).toEqual({ '': 1 });

    putPod(two);
    await test.pass(12 * 60_000);
    expect(test.rolloutOf('db')).toMatchObject({ oldestInUse: [{ secret: 'db', version: two }] });
    expect(await test.metric('lockstep_rollout_old_versions')).toEqual({ '': 0 });
  });

  it('are unknown to be in use while a pod reads the Secret itself, and are no more told of when nothing does', async () => {
    await rollTwice();
    putUser(world.kube, resources.pods, { name: 'web-1' });
    await test.pass(12 * 60_000);
    expect(test.rolloutOf('db')).toMatchObject({ oldestInUse: [{ secret: 'db', version: 'Unknown' }] });

    world.kube.remove(resources.pods, namespace, 'web-1');
    world.kube.remove(resources.deployments, namespace, 'db');
    await test.pass(12 * 60_000);
    expect(test.rolloutOf('db')).not.toHaveProperty('oldestInUse');
  });

  it('are left to whoever is responsible for their namespace', async () => {
    world.kube.put(resources.namespaces, { metadata: { name: namespace, labels: { shard: 'a' } } });
    const before = await rollTwice({ namespaceSelector: 'shard=a' });
    world.kube.put(resources.namespaces, { metadata: { name: namespace, labels: { shard: 'b' } } });
    world.kube.remove(resources.deployments, namespace, 'db');
    await test.pass(sweepMs);

    expect(before.every(isThere)).toBe(true);
    expect(await test.metric('lockstep_rollout_workloads', 'state')).toMatchObject({ Updated: 0, InProgress: 0 });
  });
});
