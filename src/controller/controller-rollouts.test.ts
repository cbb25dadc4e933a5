import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControllerUnderTest } from '../../test/fakes/controller-under-test.ts';
import { RolledWorkload } from '../../test/fakes/rolled-workloads.ts';
import { SyncWorld } from '../../test/fakes/sync-world.ts';
import { readingAll, readingKeys } from '../../test/fakes/workloads.ts';
import { membersOf } from '../kube/objects.ts';

let world: SyncWorld;
let under: ControllerUnderTest;

const restart = { rollout: { mode: 'Restart', canary: { count: 0 } } };
/** Until a change has settled. */
const settleMs = 10_000;
/** A sync that says nothing is due. */
const intervalMs = 60_000;

beforeEach(async () => {
  world = await SyncWorld.start();
});

afterEach(async () => {
  await under[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  under = await ControllerUnderTest.start({ world, rollouts: {} });
  await under.pass(settleMs);
}

async function change(name: string, value: string): Promise<void> {
  world.values.set(name, value);
  world.force(name, `again ${world.kube.calls.length}`);
  await under.settled();
  await under.pass(settleMs);
}

function rolloutOf(name: string) {
  return membersOf(membersOf(world.sync(name)?.['status'])['rollout']);
}

describe('a workload that uses a synced Secret', () => {
  it('is not restarted when it is first seen, and once when a value changes', async () => {
    world.putPair('db', restart);
    const web = RolledWorkload.put(world, 'db');
    await start();
    expect(web.stamp).toBeUndefined();
    expect(world.condition('db', 'RolloutComplete')).toMatchObject({ status: 'True' });

    await change('db', 'new');
    expect(web.stamp).toMatch(/^kid=[0-9a-f]{8};db=[0-9a-v]{12}$/);
    expect(world.condition('db', 'RolloutComplete')).toMatchObject({ status: 'False', reason: 'InProgress' });
    expect(rolloutOf('db')).toMatchObject({ total: 1, inProgress: 1 });

    web.finish();
    world.mark();
    await under.pass(settleMs);
    expect(world.condition('db', 'RolloutComplete')).toMatchObject({ status: 'True', reason: 'Complete' });
    expect(world.writes.filter((call) => call.includes('deployments'))).toEqual([]);
    expect(world.events('db')).toEqual(expect.arrayContaining(['RolloutStarted', 'RolloutCompleted']));
  });

  it('is left alone when only keys change that it does not use', async () => {
    world.values.set('db', 'one');
    world.putClass('db', {
      objects: [
        { objectName: 'a', secretPath: 'secret/data/db', secretKey: 'value' },
        { objectName: 'b', secretPath: 'secret/data/other', secretKey: 'value' },
      ],
      secretObjects: [
        {
          secretName: 'db',
          type: 'Opaque',
          data: [
            { objectName: 'a', key: 'a' },
            { objectName: 'b', key: 'b' },
          ],
        },
      ],
    });
    world.values.set('other', 'one');
    world.putSync('db', restart);
    const web = RolledWorkload.put(world, 'db', { pod: readingKeys('db', 'b') });
    await start();

    await change('db', 'new');
    expect(web.stamp).toBeUndefined();

    await change('other', 'new');
    world.force('db', 'again');
    await under.pass(settleMs);
    expect(web.stamp).toBeDefined();
  });

  it('is not restarted again by a controller that starts anew', async () => {
    world.putPair('db', restart);
    const web = RolledWorkload.put(world, 'db');
    await start();
    await change('db', 'new');
    web.finish();
    const { stamp } = web;
    await under.pass(settleMs);
    await under[Symbol.asyncDispose]();

    world.mark();
    await start();

    expect(web.stamp).toBe(stamp);
    expect(world.writes).toEqual([]);
  });

  it('is restarted for what changed while no controller ran', async () => {
    world.putPair('db', restart);
    const web = RolledWorkload.put(world, 'db');
    await start();
    await under[Symbol.asyncDispose]();
    world.values.set('db', 'new');
    await start();

    expect(web.stamp).toBeDefined();
  });

  it.for([
    ['nothing is said', {}],
    ['the mode is Off', { rollout: { mode: 'Off' } }],
  ] as const)('is left alone when %s', async ([, spec]) => {
    world.putPair('db', spec);
    const web = RolledWorkload.put(world, 'db');
    await start();
    await change('db', 'new');

    expect(web.stamp).toBeUndefined();
    expect(world.sync('db')?.['status']).not.toHaveProperty('rollout');
    expect(world.condition('db', 'RolloutComplete')).toBeUndefined();
  });

  it('is left alone while its SecretProviderClassSync is frozen, and rolled out after that', async () => {
    world.putPair('db', restart);
    const web = RolledWorkload.put(world, 'db');
    await start();
    world.putSync('db', restart, { labels: { 'lockstep.dev/freeze': 'true' } });
    world.values.set('db', 'new');
    await under.pass(intervalMs + settleMs);
    expect(web.stamp).toBeUndefined();
    expect(world.condition('db', 'RolloutComplete')).toMatchObject({ status: 'False', reason: 'Frozen' });

    world.putSync('db', restart, { labels: {} });
    await under.pass(settleMs);
    expect(web.stamp).toBeDefined();
  });

  it('says which permission is missing, and rolls out when it is there', async () => {
    world.putPair('db', restart);
    const web = RolledWorkload.put(world, 'db');
    await start();
    world.kube.script({ verb: 'apply', plural: 'deployments' }, () => ({
      status: 403,
      body: { kind: 'Status', status: 'Failure', reason: 'Forbidden', message: 'not allowed' },
    }));
    await change('db', 'new');
    expect(world.condition('db', 'RolloutComplete')).toMatchObject({
      status: 'False',
      reason: 'PatchFailed',
      message: expect.stringMatching(/Deployment shop\/db: .*patch.*deployments/),
    });

    world.kube.clearScripts();
    await under.pass(120_000);
    expect(web.stamp).toBeDefined();
  });

  it('does not keep the others from their turn when its patch is refused', async () => {
    world.putPair('db', restart);
    const [api, web] = ['api', 'web'].map((name) => RolledWorkload.put(world, name, { pod: readingAll('db') }));
    await start();
    const refusal = { kind: 'Status', status: 'Failure', reason: 'Forbidden', message: 'the webhook says no' };
    world.kube.script({ verb: 'apply', plural: 'deployments', name: 'api' }, () => ({ status: 403, body: refusal }));
    await change('db', 'new');
    await under.pass(1000);

    expect(api?.stamp).toBeUndefined();
    expect(web?.stamp).toBeDefined();
    expect(world.condition('db', 'RolloutComplete')).toMatchObject({
      reason: 'PatchFailed',
      message: expect.stringContaining('Deployment shop/api'),
    });

    world.kube.clearScripts();
    web?.finish();
    await under.pass(60_000);
    expect(api?.stamp).toBeDefined();
  });

  it('keeps what another SecretProviderClassSync wrote while nobody understands what that says', async () => {
    world.putPair('db', restart);
    world.putPair('tls', restart);
    const containers = [{ name: 'web', envFrom: [{ secretRef: { name: 'db' } }, { secretRef: { name: 'tls' } }] }];
    const web = RolledWorkload.put(world, 'web', { pod: { containers } });
    await start();
    await change('tls', 'new');
    web.finish();
    await under.pass(settleMs);
    world.putSync('tls', { rollout: { mode: 'Restart', windows: [{ schedule: 'never', duration: '1h' }] } });
    await change('db', 'new');

    expect(web.stamp).toMatch(/db=.*tls=/);
  });

  it('warns once of a Reloader that runs', async () => {
    const container = { name: 'reloader', image: 'ghcr.io/stakater/reloader:v1.4.21' };
    const reloader = RolledWorkload.put(world, 'reloader', { pod: { containers: [container] } });
    await start();
    reloader.finish();
    await under.settled();

    const warnings = under.lines.filter((line) => line.includes('another tool restarts workloads'));
    expect(warnings).toEqual([expect.stringContaining('shop/reloader')]);
  });

  it('shows no value anywhere but in the Secret', async () => {
    world.putPair('db', restart);
    const web = RolledWorkload.put(world, 'db');
    await start();
    await change('db', 'canary-3141');
    web.finish();
    await under.pass(settleMs);

    const told = JSON.stringify([under.lines, world.sync('db'), web.object, await under.metrics.registry.metrics()]);
    expect(told).not.toContain('canary-3141');
    expect(told).not.toContain(Buffer.from('canary-3141').toString('base64'));
  });
});
