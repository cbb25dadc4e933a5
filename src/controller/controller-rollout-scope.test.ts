import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { RolledWorkload } from '../../test/fakes/rolled-workloads.ts';
import { RolloutsUnderTest } from '../../test/fakes/rollouts-under-test.ts';
import { namespace, type SyncWorld } from '../../test/fakes/sync-world.ts';
import { readingAll } from '../../test/fakes/workloads.ts';
import { resources } from '../kube/objects.ts';

let test: RolloutsUnderTest;
let world: SyncWorld;

const restart = { rollout: { mode: 'Restart', canary: { count: 0 } } };

beforeEach(async () => {
  test = await RolloutsUnderTest.create();
  ({ world } = test);
});

afterEach(() => test[Symbol.asyncDispose]());

function putNamespace(labels: Readonly<Record<string, string>>): void {
  world.kube.put(resources.namespaces, { metadata: { name: namespace, labels } });
}

/** A sync and a workload in each namespace, of one value. */
function putIn(...places: readonly string[]): readonly RolledWorkload[] {
  world.values.set('db', 'one');
  return places.map((place) => {
    world.putClass('db', { metadata: { namespace: place } });
    world.putSync('db', restart, { namespace: place });
    return RolledWorkload.put(world, 'db', { metadata: { namespace: place } });
  });
}

describe('rollouts', () => {
  it('begin nowhere while the workloads are not known, and say which permission is missing', async () => {
    world.putPair('db', restart);
    const web = RolledWorkload.put(world, 'db');
    world.kube.forbid({ plural: 'statefulsets' });
    await test.start();
    await test.change('db', 'new');

    expect(test.patches).toEqual([]);
    expect(test.conditionOf('db')).toMatchObject({
      status: 'Unknown',
      reason: 'WorkloadsUnknown',
      message: expect.stringMatching(/list.*statefulsets/),
    });

    world.kube.clearScripts();
    await test.pass(300_000);
    expect(test.conditionOf('db')).toMatchObject({ status: 'True' });
    await test.change('db', 'newer');
    expect(web.stamp).toBeDefined();
  });

  it('say nothing of workloads that are not known where nobody asked for rollouts', async () => {
    world.putPair('db');
    RolledWorkload.put(world, 'db');
    world.kube.forbid({ plural: 'statefulsets' });
    await test.start();
    await test.change('db', 'new');

    expect(test.conditionOf('db')).toBeUndefined();
    expect(test.controller.lines.filter((line) => line.includes('"object":"rollout shop"'))).toEqual([]);
  });

  it('of the whole cluster keep to one bound: a namespace begins when the other one is done', async () => {
    const [shop, bank] = putIn('shop', 'bank');
    await test.start({ rollouts: { maxConcurrent: 1 } });
    world.values.set('db', 'new');
    await test.pass(80_000);
    const stamped = [shop, bank].filter((each) => each?.stamp !== undefined);
    expect(stamped).toHaveLength(1);
    const waiting = stamped[0] === shop ? 'bank' : 'shop';
    expect(test.rolloutOf('db', waiting)).toMatchObject({
      waiting: 1,
      message: expect.stringContaining('--rollout-max-concurrent'),
    });

    stamped[0]?.finish();
    await test.pass();
    expect([shop?.stamp, bank?.stamp]).toEqual([expect.any(String), expect.any(String)]);
  });

  it('give the place back of a patch that was refused', async () => {
    const [shop, bank] = putIn('shop', 'bank');
    const message = 'admission webhook "no" denied the request';
    const body = { kind: 'Status', status: 'Failure', reason: 'Forbidden', message };
    world.kube.script({ verb: 'apply', plural: 'deployments', namespace: 'shop' }, { status: 403, body });
    await test.start({ rollouts: { maxConcurrent: 1 } });
    world.values.set('db', 'new');
    await test.pass(80_000);

    expect(shop?.stamp).toBeUndefined();
    expect(bank?.stamp).toBeDefined();
  });

  it('hold no place for what rolls out where it cannot be seen', async () => {
    const [shop, bank] = putIn('shop', 'bank');
    const options = { namespaces: ['shop', 'bank'], rollouts: { maxConcurrent: 1 } };
    await test.start(options);
    world.values.set('db', 'new');
    await test.pass(80_000);
    const first = shop?.stamp === undefined ? 'bank' : 'shop';
    expect([shop, bank].filter((each) => each?.stamp !== undefined)).toHaveLength(1);

    world.kube.forbid({ plural: 'statefulsets', namespace: first });
    await test.start(options);
    await test.pass();
    expect([shop?.stamp, bank?.stamp]).toEqual([expect.any(String), expect.any(String)]);
  });

  it('stop in a namespace that is frozen, and go on when it is not', async () => {
    putNamespace({ 'lockstep.dev/freeze': 'true' });
    world.putPair('db', restart);
    const web = RolledWorkload.put(world, 'db');
    await test.start();
    await test.change('db', 'new');
    expect(web.stamp).toBeUndefined();
    expect(test.conditionOf('db')).toMatchObject({ status: 'False', reason: 'Frozen' });

    putNamespace({});
    await test.pass();
    expect(web.stamp).toBeDefined();
  });

  it.for([
    ['are Off again', { rollout: { mode: 'Off' } }],
    ['are asked for by nobody', {}],
    ['belong to a sync that only compares', { ...restart, mode: 'Shadow' }],
  ] as const)('leave nothing in a status when they %s', async ([, spec]) => {
    world.putPair('db', restart);
    RolledWorkload.put(world, 'db');
    await test.start();
    expect(await test.metric('lockstep_rollout_workloads', 'state')).toMatchObject({ Updated: 1 });
    world.putSync('db', spec);
    await test.pass();

    expect(world.sync('db')?.['status']).not.toHaveProperty('rollout');
    expect(test.conditionOf('db')).toBeUndefined();
    expect(world.condition('db')).toBeDefined();
    expect(await test.metric('lockstep_rollout_workloads', 'state')).toMatchObject({ Updated: 0 });
  });

  it('of two sources of one workload are one patch', async () => {
    world.putPair('db', restart);
    world.putPair('api', restart);
    const pod = { ...readingAll('db'), imagePullSecrets: [{ name: 'api' }] };
    const web = RolledWorkload.put(world, 'web', { pod });
    await test.start();
    world.mark();
    world.values.set('api', 'new');
    world.force('api', 'again');
    await test.change('db', 'new');

    expect(test.patches).toEqual(['apply deployments shop/web']);
    expect(web.stamp).toMatch(/^kid=[0-9a-f]{8};api=[0-9a-v]{12},db=[0-9a-v]{12}$/);
    web.finish();
    await test.pass(60_000);
    expect(test.patches).toHaveLength(1);
    expect([test.conditionOf('db'), test.conditionOf('api')]).toMatchObject([{ status: 'True' }, { status: 'True' }]);
  });
});
