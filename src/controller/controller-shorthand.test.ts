import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControllerUnderTest } from '../../test/fakes/controller-under-test.ts';
import { namespace, SyncWorld } from '../../test/fakes/sync-world.ts';
import { membersOf, resources } from '../kube/objects.ts';

const labels = { 'lockstep.dev/sync': 'true' };

let under: ControllerUnderTest;
let world: SyncWorld;

beforeEach(async () => {
  world = await SyncWorld.start();
  under = await ControllerUnderTest.start({ world });
  world.values.set('db', 'value of db');
});

afterEach(async () => {
  await under[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

function putClass(annotations: Readonly<Record<string, string>>): void {
  world.putClass('db', { metadata: { labels, annotations } });
}

/** Reasons of Events about the class. */
function classEvents(): readonly unknown[] {
  return world.kube
    .all(resources.events)
    .filter(({ regarding }) => membersOf(regarding)['kind'] === resources.classes.kind)
    .map(({ reason }) => reason);
}

describe('a labelled class with a service account', () => {
  beforeEach(async () => {
    putClass({ 'lockstep.dev/service-account': 'reader', 'lockstep.dev/interval': '10s' });
    await under.settled();
  });

  it('is synced without anything more', () => {
    expect(world.sync('db')).toMatchObject({
      metadata: { ownerReferences: [{ kind: 'SecretProviderClass', name: 'db' }] },
      spec: { secretProviderClassName: 'db', serviceAccountName: 'reader', interval: '10s' },
    });
    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.backend.fetches[0]?.caller.serviceAccount).toBe('reader');
  });

  it('is not written again while nothing changes', async () => {
    world.mark();
    await under.pass(120_000);

    expect(world.calls).toEqual([]);
  });

  it('gets its sync back at once when somebody deletes it or changes it', async () => {
    world.kube.remove(resources.syncs, namespace, 'db');
    await under.settled();
    expect(world.sync('db')).toBeDefined();

    const object = world.sync('db');
    if (object) world.putSync('db', { ...membersOf(object['spec']), serviceAccountName: 'other' });
    await under.settled();
    expect(world.sync('db')).toMatchObject({ spec: { serviceAccountName: 'reader' } });
  });

  it.for([
    { name: 'loses the annotation', change: () => putClass({}) },
    { name: 'loses the label', change: () => world.putClass('db', { metadata: { labels: {} } }) },
    { name: 'is deleted', change: () => world.kube.remove(resources.classes, namespace, 'db') },
  ])('loses its sync when it $name, and the Secret stays', async ({ change }) => {
    change();
    await under.settled();

    expect(world.sync('db')).toBeUndefined();
    expect(world.data('db')).toEqual({ a: 'value of db' });
  });

  it('keeps its sync as it is when an annotation is not clear, which is told', async () => {
    putClass({ 'lockstep.dev/service-account': 'reader', 'lockstep.dev/intervall': '20s' });
    await under.settled();

    expect(world.sync('db')).toMatchObject({ spec: { interval: '10s' } });
    expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'SyncInvalid' });
    expect(world.condition('db')?.message).toContain('did you mean lockstep.dev/interval?');
    expect(classEvents()).toEqual(['SyncFailed']);
    expect(world.data('db')).toEqual({ a: 'value of db' });
  });

  it('keeps its sync while the classes cannot be listed anew', async () => {
    world.kube.forbid({ verb: 'list', plural: resources.classes.plural });
    world.kube.forbid({ verb: 'watch', plural: resources.classes.plural });
    world.kube.compact();
    world.kube.watches.cut();
    under.isLagging = true;
    await under.pass(600_000);

    expect(world.sync('db')).toBeDefined();
    expect(world.data('db')).toEqual({ a: 'value of db' });
  });
});

describe('a class that the controller may not see', () => {
  it('does not cost it its sync', async () => {
    putClass({ 'lockstep.dev/service-account': 'reader' });
    await under.settled();
    await under.stop();
    world.kube.forbid({ verb: 'list', plural: resources.classes.plural });
    under = await ControllerUnderTest.start({ world });

    world.putSync('db', { serviceAccountName: 'other' });
    await under.pass(10_000);

    expect(world.sync('db')).toMatchObject({ spec: { serviceAccountName: 'other' } });
    expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'KubeForbidden' });
  });
});

describe('a sync that somebody wrote', () => {
  it('wins over the annotations of its class, and stays when the label goes', async () => {
    world.putSync('db', { serviceAccountName: 'mine' });
    putClass({ 'lockstep.dev/service-account': 'reader' });
    await under.settled();
    expect(world.sync('db')).toMatchObject({ spec: { serviceAccountName: 'mine' } });

    world.putClass('db', { metadata: { labels: {} } });
    await under.settled();

    expect(world.sync('db')).toBeDefined();
    expect(world.condition('db')).toMatchObject({ reason: 'ClassNotEnabled' });
  });
});

describe('a labelled class without a service account', () => {
  it('gets no sync, and is only allowed to have one', async () => {
    putClass({});
    await under.settled();

    expect(world.sync('db')).toBeUndefined();
    expect(classEvents()).toEqual([]);
  });
});

describe('a restored class', () => {
  it('adopts the sync that was made for it, whose owner reference is gone', async () => {
    const metadata = { labels: { 'lockstep.dev/managed': 'true' }, annotations: { 'lockstep.dev/owner': 'db' } };
    world.putSync('db', { serviceAccountName: 'reader' }, metadata);
    putClass({ 'lockstep.dev/service-account': 'reader' });
    await under.settled();

    const { uid } = world.kube.get(resources.classes, namespace, 'db')?.metadata ?? {};
    expect(world.sync('db')?.metadata.ownerReferences).toMatchObject([{ uid }]);
    expect(world.condition('db')).toMatchObject({ status: 'True' });
  });
});
