import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { RolledWorkload } from '../../test/fakes/rolled-workloads.ts';
import { RolloutsUnderTest } from '../../test/fakes/rollouts-under-test.ts';
import { namespace, type SyncWorld } from '../../test/fakes/sync-world.ts';
import { resources } from '../kube/objects.ts';

let test: RolloutsUnderTest;
let world: SyncWorld;

const pin = { rollout: { mode: 'Pin', canary: { count: 0 } } };
const policy = 'lockstep-pin-secrets';
const versionOfDb = /^db-[0-9a-v]{12}$/;

beforeEach(async () => {
  test = await RolloutsUnderTest.create();
  ({ world } = test);
});

afterEach(() => test[Symbol.asyncDispose]());

function installPolicy(): void {
  world.kube.put(resources.mutatingPolicies, { metadata: { name: policy } });
  world.kube.put(resources.mutatingBindings, { metadata: { name: policy }, spec: { policyName: policy } });
}

/** Names of the immutable Secrets, sorted. */
function versions(): readonly string[] {
  const all = world.kube.all(resources.secrets, namespace);
  return all.flatMap(({ metadata, immutable }) => (immutable === true ? metadata.name : []));
}

function versionOf(name: string): string | undefined {
  return world.status(name).secrets?.find((secret) => secret.name === name)?.version;
}

describe('a workload in Pin', () => {
  it('names the version that stands before the Secret is written and before the patch', async () => {
    installPolicy();
    world.putPair('db', pin);
    const web = RolledWorkload.put(world, 'db');
    await test.start();
    expect(web.pins).toBeUndefined();
    expect(versions()).toEqual([versionOf('db')]);

    world.mark();
    await test.change('db', 'new');
    const version = versionOf('db') ?? '';
    expect(web.pins).toBe(`db=${version}`);
    expect(web.stamp).toBeUndefined();
    expect(version).toMatch(versionOfDb);
    expect([world.data(version), world.data('db')]).toEqual(Array(2).fill({ a: 'new' }));
    const order = ['create secrets shop', 'apply secrets shop/db', 'apply deployments shop/db'];
    expect(world.writes.filter((call) => order.includes(call))).toEqual(order);

    web.finish();
    await test.pass();
    expect(test.conditionOf('db')).toMatchObject({ status: 'True', reason: 'Complete' });
  });

  it('waits for the policy, says what to do, and goes on when it is there', async () => {
    world.putPair('db', pin);
    const web = RolledWorkload.put(world, 'db');
    await test.start();
    await test.change('db', 'new');
    expect(test.conditionOf('db')).toMatchObject({
      status: 'False',
      reason: 'PinUnsupported',
      message: expect.stringMatching(/deploy\/policies\/pin-secrets\.yaml.*Restart/),
    });
    expect(web.pins).toBeUndefined();

    installPolicy();
    await test.pass(30_000);
    expect(test.conditionOf('db')).toMatchObject({ status: 'True' });
    await test.change('db', 'newer');
    expect(web.pins).toBe(`db=${versionOf('db')}`);
  });

  it('stays with the version that it has when the next one cannot be kept, while the Secret gets the value', async () => {
    installPolicy();
    world.putPair('db', pin);
    const web = RolledWorkload.put(world, 'db');
    await test.start();
    const before = versionOf('db');
    const message = 'secrets "db-…" is forbidden: exceeded quota: few, requested: count/secrets=1, used: 2, limited: 2';
    const reply = { status: 403, body: { kind: 'Status', status: 'Failure', reason: 'Forbidden', message } };
    world.kube.script({ verb: 'create', plural: 'secrets' }, reply);
    await test.change('db', 'new');

    expect(world.data('db')).toEqual({ a: 'new' });
    expect(web.pins).toBeUndefined();
    expect(versionOf('db')).toBe(before);
    expect(test.conditionOf('db')).toMatchObject({
      status: 'False',
      reason: 'VersionNotKept',
      message: expect.stringContaining('quota'),
    });

    world.kube.clearScripts();
    await test.pass(90_000);
    expect(web.pins).toBe(`db=${versionOf('db')}`);
    expect(versionOf('db')).not.toBe(before);
  });

  it('by its label alone makes the versions be kept that it needs', async () => {
    installPolicy();
    world.putPair('db');
    const web = RolledWorkload.put(world, 'db');
    await test.start();
    expect(versions()).toEqual([]);

    web.put({ metadata: { labels: { 'lockstep.dev/rollout': 'pin' } } });
    await test.pass();
    expect(versions()).toEqual([versionOf('db')]);

    await test.change('db', 'new');
    expect(web.pins).toBe(`db=${versionOf('db')}`);
  });

  it('gets its version back when somebody has deleted it', async () => {
    installPolicy();
    world.putPair('db', pin);
    const web = RolledWorkload.put(world, 'db');
    await test.start();
    await test.change('db', 'new');
    web.finish();
    await test.pass();
    const version = versionOf('db') ?? '';
    world.kube.remove(resources.secrets, namespace, version);
    world.mark();
    await test.pass();

    expect(world.data(version)).toEqual({ a: 'new' });
    expect(test.patches).toEqual([]);
  });

  it('may be a CronJob, which no other mode touches', async () => {
    installPolicy();
    world.putPair('db', pin);
    world.putPair('api', { rollout: { mode: 'Restart', canary: { count: 0 } } });
    const pinned = RolledWorkload.put(world, 'db', { kind: 'CronJob' });
    const restarted = RolledWorkload.put(world, 'api', { kind: 'CronJob' });
    await test.start();
    await test.change('db', 'new');
    await test.change('api', 'new');

    expect(pinned.pins).toBe(`db=${versionOf('db')}`);
    expect(restarted.stamp).toBeUndefined();
    expect(test.rolloutOf('api')).toMatchObject({ total: 0, state: 'Idle' });
  });
});
