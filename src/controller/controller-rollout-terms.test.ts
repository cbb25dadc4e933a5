import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { RolledWorkload } from '../../test/fakes/rolled-workloads.ts';
import { RolloutsUnderTest } from '../../test/fakes/rollouts-under-test.ts';
import { namespace, type SyncWorld } from '../../test/fakes/sync-world.ts';
import { membersOf, resources } from '../kube/objects.ts';

let test: RolloutsUnderTest;
let world: SyncWorld;

const restart = { rollout: { mode: 'Restart', canary: { count: 0 } } };
const workloadStates = 'lockstep_rollout_workloads';

beforeEach(async () => {
  test = await RolloutsUnderTest.create();
  ({ world } = test);
});

afterEach(() => test[Symbol.asyncDispose]());

/** `TYPE REASON` of the Events about an object, sorted. */
function eventsOf(kind: string): readonly string[] {
  const all = world.kube.all(resources.events, namespace);
  const about = all.filter(({ regarding }) => membersOf(regarding)['kind'] === kind);
  return about.map((event) => `${String(event['type'])} ${String(event['reason'])}`).toSorted();
}

describe('a leader that was deposed', () => {
  it('patches nothing more, and who follows does what is left, once', async () => {
    world.putPair('db', { rollout: { ...restart.rollout, maxConcurrent: 2 } });
    const [one, two] = ['one', 'two'].map((name) => {
      const pod = { containers: [{ name: 'web', envFrom: [{ secretRef: { name: 'db' } }] }] };
      return RolledWorkload.put(world, name, { pod });
    });
    await test.start();
    const { controller } = test;
    world.kube.script({ verb: 'apply', plural: 'deployments' }, () => void (controller.holdsLease = false), {
      times: 1,
    });
    world.mark();
    await test.change('db', 'new');
    expect(test.patches).toEqual(['apply deployments shop/one']);
    expect(one?.stamp).toBeDefined();
    expect(two?.stamp).toBeUndefined();
    expect(test.rolloutOf('db')).not.toMatchObject({ inProgress: 1 });

    await test.start();
    await test.pass();
    expect(test.patches).toEqual(['apply deployments shop/one', 'apply deployments shop/two']);
    expect(test.rolloutOf('db')).toMatchObject({ inProgress: 2, waiting: 0 });
    expect(two?.stamp).toBe(one?.stamp);
  });

  it('counts nothing more', async () => {
    world.putPair('db', restart);
    RolledWorkload.put(world, 'db');
    await test.start();
    expect(await test.metric(workloadStates, 'state')).toMatchObject({ Updated: 1 });

    test.controller.terms.end('a test says so');
    await test.controller.settled();
    expect(await test.metric(workloadStates, 'state')).toMatchObject({ Updated: 0 });

    test.controller.terms.begin();
    await test.pass();
    expect(await test.metric(workloadStates, 'state')).toMatchObject({ Updated: 1 });
  });
});

describe('a watch that lags', () => {
  it('of workloads and SecretProviderClassSyncs makes nothing happen twice', async () => {
    world.putPair('db', restart);
    const web = RolledWorkload.put(world, 'db');
    await test.start();
    world.mark();
    test.controller.isLagging = true;
    world.kube.watches.freeze();
    world.values.set('db', 'new');
    await test.pass(90_000);
    expect(test.patches).toEqual(['apply deployments shop/db']);
    const statuses = world.writes.filter((call) => call.startsWith('apply secretproviderclasssyncs'));
    expect(statuses.length).toBeLessThan(8);
    expect(eventsOf('Deployment')).toEqual(['Normal RolloutStarted']);

    web.finish();
    world.kube.watches.cut();
    await test.pass(60_000);
    test.controller.isLagging = false;
    await test.pass();
    expect(test.patches).toHaveLength(1);
    expect(test.conditionOf('db')).toMatchObject({ status: 'True', reason: 'Complete' });
  });
});

describe('what is told', () => {
  it('of a rollout are Events on the SecretProviderClassSync and on the workload, which say no more than where it is', async () => {
    world.putPair('db', restart);
    const web = RolledWorkload.put(world, 'db');
    await test.start();
    await test.change('db', 'new');
    web.finish();
    await test.pass();

    expect(eventsOf('Deployment')).toEqual(['Normal RolloutStarted']);
    expect(eventsOf(resources.syncs.kind)).toEqual(
      expect.arrayContaining(['Normal RolloutCompleted', 'Normal RolloutStarted']),
    );
    const regarding = world.kube.all(resources.events, namespace).map((event) => membersOf(event['regarding']));
    expect(regarding.find(({ kind }) => kind === 'Deployment')).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace,
      name: 'db',
      uid: web.object.metadata.uid,
    });
  });

  it('of all sources is summed up, counts each outcome once, and forgets what is gone', async () => {
    const names = ['db', 'api'];
    for (const name of names) world.putPair(name, restart);
    const [db, api] = names.map((name) => RolledWorkload.put(world, name));
    await test.start();
    await test.change('db', 'new');
    expect(await test.metric(workloadStates, 'state')).toMatchObject({ Updated: 1, InProgress: 1 });

    // The first try to write that it has ended is lost.
    const reply = { status: 409, body: { kind: 'Status', status: 'Failure', reason: 'Conflict', message: 'no' } };
    const status = { verb: 'apply', plural: 'secretproviderclasssyncs', subresource: 'status', name: 'db' } as const;
    world.kube.script(status, reply, { times: 1 });
    db?.finish();
    await test.change('api', 'new');
    api?.finish();
    await test.pass(30_000);
    expect(await test.metric(workloadStates, 'state')).toMatchObject({ Updated: 2, InProgress: 0 });
    expect(await test.metric('lockstep_rollout_outcomes_total', 'outcome')).toEqual({ Updated: 2 });

    world.kube.remove(resources.syncs, namespace, 'api');
    await test.pass();
    expect(await test.metric(workloadStates, 'state')).toMatchObject({ Updated: 1, InProgress: 0 });
  });

  it('of one source, though another one cannot be told', async () => {
    for (const name of ['a', 'b']) world.putPair(name, restart);
    const [, web] = ['a', 'b'].map((name) => RolledWorkload.put(world, name));
    await test.start();
    const body = { kind: 'Status', status: 'Failure', reason: 'Invalid', message: 'too much' };
    const status = { verb: 'apply', plural: 'secretproviderclasssyncs', subresource: 'status' } as const;
    world.kube.script({ ...status, name: 'a' }, { status: 422, body });
    world.values.set('a', 'new');
    await test.change('b', 'new', ['a', 'b']);
    expect(web?.stamp).toBeDefined();
    expect(test.rolloutOf('b')).toMatchObject({ inProgress: 1 });

    web?.finish();
    await test.pass(30_000);
    expect(test.conditionOf('b')).toMatchObject({ status: 'True', reason: 'Complete' });
  });
});
