import { describe, expect } from 'vitest';

import { type ControllerUnderTest, it } from '../../test/fakes/controller-under-test.ts';
import { namespace, objectOf, secretOf } from '../../test/fakes/sync-world.ts';
import { resources } from '../kube/objects.ts';

describe('the controller', () => {
  it('makes a Secret of a class, and says so', async ({ world, under }) => {
    world.putClass('db', {
      secretObjects: [secretOf('db', ['a'], { labels: { team: 'x' }, annotations: { n: 'y' } })],
    });
    world.values.set('db', 'value of db');
    world.putSync('db');
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.secret('db')).toMatchObject({
      type: 'Opaque',
      metadata: {
        labels: { team: 'x', 'lockstep.dev/managed': 'true' },
        annotations: { n: 'y', 'lockstep.dev/owner': 'db' },
      },
    });
    expect(world.status('db')).toMatchObject({
      observedGeneration: 1,
      observedClass: { name: 'db', generation: 1 },
      lastChangeTime: '2026-01-01T00:00:00Z',
      objects: [{ name: 'a' }],
      secrets: [{ name: 'db', state: 'Synced', uid: world.secret('db').metadata.uid }],
      secretCount: 1,
      conditions: [{ type: 'Ready', status: 'True', reason: 'Synced', message: '1 Secret is current' }],
    });
    expect(world.events('db')).toEqual(['SecretSynced']);
  });

  it('asks as the service account that the sync names, in its namespace', async ({ world, under }) => {
    world.putPair('db', { serviceAccountName: 'reader' });
    await under.settled();

    expect(world.backend.fetches.map(({ caller }) => caller)).toMatchObject([
      { kind: 'service-account', namespace, serviceAccount: 'reader', secrets: new Map() },
    ]);
  });

  it('asks four things of the API server for a new object', async ({ world, under }) => {
    world.mark();
    world.putPair('db');
    await under.settled();

    expect(world.calls).toEqual([
      'get secrets shop/db',
      'apply secrets shop/db',
      'apply secretproviderclasssyncs/status shop/db',
    ]);
    expect(world.kube.count({ plural: 'events' })).toBe(1);
  });

  it('asks the API server for nothing in ten refreshes in which nothing changed', async ({ world, under }) => {
    for (let index = 0; index < 10; index++) world.putPair(`db-${index}`);
    await under.settled();
    world.mark();
    const fetches = world.backend.fetches.length;

    await under.pass(10 * 60_000);

    expect(world.calls).toEqual([]);
    expect(world.kube.count({ plural: 'events' })).toBe(10);
    expect(world.backend.fetches.length - fetches).toBe(100);
  });

  it('reads what several syncs of one account want once from the store', async ({ world, under }) => {
    world.values.set('db', 'shared');
    for (const name of ['one', 'two', 'three']) {
      world.putClass(name, { objects: [objectOf('db')] });
      world.putSync(name);
    }
    await under.settled();

    expect(['one', 'two', 'three'].map((name) => world.data(name))).toEqual(Array(3).fill({ a: 'shared' }));
    expect(world.backend.fetches).toHaveLength(1);
  });

  it('carries a new value over with the next refresh', async ({ world, under }) => {
    world.putPair('db');
    await under.settled();
    world.mark();
    world.values.set('db', 'rotated');

    await under.pass(59_000);
    expect(world.data('db')).toEqual({ a: 'value of db' });
    await under.pass(1000);

    expect(world.data('db')).toEqual({ a: 'rotated' });
    expect(world.status('db').lastChangeTime).toBe('2026-01-01T00:01:00Z');
    expect(world.calls).toEqual([
      'get secrets shop/db',
      'apply secrets shop/db',
      'apply secretproviderclasssyncs/status shop/db',
    ]);
    expect(await writesByReason(under)).toEqual({ created: 1, changed: 1 });
  });

  it('refreshes as often as the sync says, and with 0s never by itself', async ({ world, under }) => {
    world.putPair('often', { interval: '10s' });
    world.putPair('never', { interval: '0s' });
    await under.settled();
    const before = world.backend.fetches.length;

    await under.pass(60_000);

    const paths = world.backend.fetches.slice(before).flatMap(({ refs }) => refs.map(({ request }) => request.path));
    expect(paths).toEqual(Array(6).fill('/v1/secret/data/often'));
  });

  it('acts at once when the class changes', async ({ world, under }) => {
    world.values.set('other', 'from elsewhere');
    world.putPair('db', { interval: '0s' });
    await under.settled();

    world.putClass('db', { objects: [objectOf('other')] });
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'from elsewhere' });
    expect(world.status('db').observedClass).toMatchObject({ generation: 2 });
  });

  it('acts at once when the sync changes, and prefers its own secretObjects', async ({ world, under }) => {
    world.putPair('db', { interval: '0s' });
    await under.settled();

    world.putSync('db', { secretObjects: [secretOf('own', ['a'], { labels: { own: 'yes' } })] });
    await under.settled();

    expect(world.data('own')).toEqual({ a: 'value of db' });
    expect(world.status('db')).toMatchObject({ observedGeneration: 2, secrets: [{ name: 'own' }] });
  });

  it('does nothing about metadata that concern others', async ({ world, under }) => {
    world.putPair('db');
    await under.settled();
    const fetches = world.backend.fetches.length;

    world.putSync('db', {}, { labels: { argocd: 'x' } });
    world.putClass('db', { metadata: { annotations: { theirs: 'x' } } });
    await under.settled();

    expect(world.backend.fetches).toHaveLength(fetches);
  });

  it('keeps every file of a class under its path, with dots for slashes, when no keys are named', async ({
    world,
    under,
  }) => {
    world.values.set('db', 'v');
    world.putClass('db', {
      objects: [objectOf('db'), objectOf('db', { objectName: 'nested/b' })],
      secretObjects: [{ secretName: 'db', type: 'Opaque' }],
    });
    world.putSync('db');
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'v', 'nested.b': 'v' });
  });

  it('takes a key away that is no longer wanted, and labels that are not', async ({ world, under }) => {
    world.values.set('db', 'v');
    const objects = [objectOf('db'), objectOf('db', { objectName: 'b' })];
    world.putClass('db', { objects, secretObjects: [secretOf('db', ['a', 'b'], { labels: { old: 'x' } })] });
    world.putSync('db');
    await under.settled();

    world.putClass('db', { objects, secretObjects: [secretOf('db', ['b'])] });
    await under.settled();

    expect(world.data('db')).toEqual({ b: 'v' });
    expect(world.secret('db').metadata.labels).toEqual({ 'lockstep.dev/managed': 'true' });
  });

  it('is ready when everything was listed, and alive', ({ under }) => {
    expect(under.controller.ready()).toBeUndefined();
    expect(under.controller.live()).toBeUndefined();
  });

  it('forgets a sync that is gone, whose Secret stays', async ({ world, under }) => {
    world.putPair('db');
    await under.settled();
    const fetches = world.backend.fetches.length;

    world.kube.remove(resources.syncs, namespace, 'db');
    await under.pass(120_000);

    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.backend.fetches).toHaveLength(fetches);
    expect((await under.metrics.syncReady.get()).values).toEqual([]);
    expect((await under.metrics.syncLastSuccess.get()).values).toEqual([]);
  });
});

async function writesByReason({ metrics }: ControllerUnderTest): Promise<Record<string, number>> {
  const { values } = await metrics.secretWrites.get();
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels.reason), value]));
}
