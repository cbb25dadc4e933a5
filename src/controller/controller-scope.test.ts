import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { found } from '../../test/fakes/backend.ts';
import { ControllerUnderTest, type UnderTestOptions } from '../../test/fakes/controller-under-test.ts';
import { SyncWorld } from '../../test/fakes/sync-world.ts';
import { resources } from '../kube/objects.ts';

let under: ControllerUnderTest | undefined;
let world: SyncWorld;

beforeEach(async () => {
  world = await SyncWorld.start();
});

afterEach(async () => {
  await under?.[Symbol.asyncDispose]();
  under = undefined;
  await world[Symbol.asyncDispose]();
});

async function start(options: UnderTestOptions = {}): Promise<ControllerUnderTest> {
  under = await ControllerUnderTest.start({ world, ...options });
  return under;
}

function putPair(namespace: string, name = 'db'): void {
  world.values.set(name, `value of ${name}`);
  world.putClass(name, { metadata: { namespace } });
  world.putSync(name, {}, { namespace });
}

function putNamespace(name: string, labels: Readonly<Record<string, string>>): void {
  world.kube.put(resources.namespaces, { metadata: { name, labels } });
}

describe('namespaces', () => {
  it('are all served unless some are named', async () => {
    putPair('shop');
    putPair('bank');
    await start();

    expect([world.data('db', 'shop'), world.data('db', 'bank')]).toEqual(Array(2).fill({ a: 'value of db' }));
    expect(world.backend.fetches.map(({ caller }) => caller.namespace).toSorted()).toEqual(['bank', 'shop']);
  });

  it('that are named are the only ones that are looked at', async () => {
    putPair('shop');
    putPair('bank');
    putPair('else');
    await start({ namespaces: ['shop', 'bank'] });

    expect([world.data('db', 'shop'), world.data('db', 'bank')]).toEqual(Array(2).fill({ a: 'value of db' }));
    expect(world.data('db', 'else')).toBeUndefined();
    expect(new Set(world.kube.requests.map(({ namespace }) => namespace))).toEqual(new Set(['shop', 'bank']));
  });

  it('are served when they get the labels, at once', async () => {
    putNamespace('shop', {});
    putPair('shop');
    const controller = await start({ namespaceSelector: 'sync=yes' });
    expect(world.data('db')).toBeUndefined();
    expect(world.status('db')).toEqual({});

    putNamespace('shop', { sync: 'yes' });
    await controller.settled();

    expect(world.data('db')).toEqual({ a: 'value of db' });
  });

  it('are left alone when they lose the labels, and what stands there stays', async () => {
    putNamespace('shop', { sync: 'yes' });
    putPair('shop');
    const controller = await start({ namespaceSelector: 'sync=yes' });
    putNamespace('shop', {});
    await controller.settled();
    const fetches = world.backend.fetches.length;
    world.putSecret('db', { a: 'edited' }, { metadata: {} });
    await controller.pass(120_000);

    expect(world.data('db')).toEqual({ a: 'edited' });
    expect(world.backend.fetches).toHaveLength(fetches);
    expect((await controller.metrics.syncReady.get()).values).toEqual([]);
  });

  it('never see what another one reads, though class, account and path are called the same', async () => {
    putPair('shop');
    putPair('bank');
    world.backend.answer = (_, caller) => found({ value: `of ${caller.namespace}` });
    await start();

    expect(world.data('db', 'shop')).toEqual({ a: 'of shop' });
    expect(world.data('db', 'bank')).toEqual({ a: 'of bank' });
  });
});

describe('what the controller may not do', () => {
  it.for([
    { resource: resources.secrets, says: 'list secrets in namespace bank' },
    {
      resource: resources.classes,
      says: 'list secretproviderclasses.secrets-store.csi.x-k8s.io in namespace bank',
    },
  ])('is said in the sync, verb and resource: $says', async ({ resource: { plural }, says }) => {
    world.kube.forbid({ verb: 'list', plural, namespace: 'bank' });
    putPair('shop');
    putPair('bank');
    const controller = await start({ namespaces: ['shop', 'bank'] });
    const status = world.kube.get(resources.syncs, 'bank', 'db')?.['status'];

    expect(status).toMatchObject({
      conditions: [
        { type: 'Ready', status: 'False', reason: 'KubeForbidden', message: expect.stringContaining(says) as string },
        { type: 'Stalled', status: 'True' },
      ],
    });
    expect(world.data('db', 'bank')).toBeUndefined();
    expect(world.data('db', 'shop')).toEqual({ a: 'value of db' });

    world.kube.clearScripts();
    await controller.pass(600_000);
    expect(world.data('db', 'bank')).toEqual({ a: 'value of db' });
  });

  it.for([
    { verb: 'get', says: 'get secrets in namespace shop' },
    { verb: 'apply', says: 'patch secrets in namespace shop' },
  ] as const)('to one Secret is said as well: $says', async ({ verb, says }) => {
    world.kube.forbid({ verb, plural: 'secrets' });
    putPair('shop');
    await start();

    expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'KubeForbidden' });
    expect(world.condition('db')?.message).toContain(says);
  });

  it('to statuses is tried again, and is in the log', async () => {
    world.kube.forbid({ verb: 'apply', plural: 'secretproviderclasssyncs' });
    putPair('shop');
    const controller = await start();

    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(controller.lines.filter((line) => line.includes('"code":"KUBE_FORBIDDEN"'))).toHaveLength(1);
  });

  it('in a namespace that is being deleted is said, and leads to nothing', async () => {
    world.kube.terminating.add('shop');
    putPair('shop');
    await start();

    expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'NamespaceTerminating' });
  });
});
