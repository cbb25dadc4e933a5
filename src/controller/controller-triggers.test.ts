import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControllerUnderTest } from '../../test/fakes/controller-under-test.ts';
import { namespace, objectOf, SyncWorld } from '../../test/fakes/sync-world.ts';
import { resources } from '../kube/objects.ts';

let under: ControllerUnderTest;
let world: SyncWorld;

beforeEach(async () => {
  world = await SyncWorld.start();
  putAccount({});
  under = await ControllerUnderTest.start({ world });
});

afterEach(async () => {
  await under[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

function putAccount(annotations: Readonly<Record<string, string>>): void {
  world.kube.put(resources.serviceAccounts, { metadata: { namespace, name: 'app', annotations } });
}

describe('force-sync', () => {
  it('asks the store again at once, whatever is kept, and is echoed', async () => {
    world.putPair('db', { interval: '0s' });
    await under.settled();
    await under.pass(1000);
    world.values.set('db', 'rotated');
    world.force('db', 'monday');
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'rotated' });
    expect(world.status('db').lastHandledSyncRequest).toBe('monday');
  });

  it('is acted upon once', async () => {
    world.putPair('db', { interval: '0s' });
    world.force('db', 'monday');
    await under.settled();
    const fetches = world.backend.fetches.length;
    world.mark();
    world.putSync('db', { interval: '0s' }, { labels: { theirs: 'x' } });
    await under.pass(60_000);

    expect(world.backend.fetches).toHaveLength(fetches);
    expect(world.calls).toEqual([]);
  });

  it('is echoed also where the store is out, and asks it nevertheless', async () => {
    world.putPair('db');
    world.failure = 'VAULT_UNREACHABLE';
    await under.pass(200_000);
    const fetches = world.backend.fetches.length;
    world.force('db', 'monday');
    await under.settled();

    expect(world.backend.fetches).toHaveLength(fetches + 1);
    expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'VaultUnreachable' });
    expect(world.status('db').lastHandledSyncRequest).toBe('monday');
  });

  it('on a class goes for all of its syncs', async () => {
    world.putPair('one', { interval: '0s' });
    world.putSync('two', { secretProviderClassName: 'one', secretObjects: [{ secretName: 'two' }], interval: '0s' });
    await under.settled();
    await under.pass(1000);
    world.values.set('one', 'rotated');
    world.putClass('one', { metadata: { annotations: { 'lockstep.dev/force-sync': 'monday' } } });
    await under.settled();

    expect([world.data('one'), world.data('two')]).toEqual([{ a: 'rotated' }, { a: 'rotated' }]);
  });
});

describe('a change of the service account', () => {
  it.for([
    { name: 'gets another role', change: () => putAccount({ 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/b' }) },
    { name: 'is deleted', change: () => world.kube.remove(resources.serviceAccounts, namespace, 'app') },
    {
      name: 'is made anew',
      change: () => {
        world.kube.remove(resources.serviceAccounts, namespace, 'app');
        putAccount({});
      },
    },
  ])('that $name is acted upon at once, with nothing of what it was', async ({ change }) => {
    world.putPair('db', { interval: '0s' });
    world.putPair('other', { interval: '0s', serviceAccountName: 'other' });
    await under.pass(5000);
    const before = world.backend.fetches.length;

    change();
    await under.settled();

    expect(new Set(under.forgotten)).toEqual(new Set(['shop/app']));
    const accounts = world.backend.fetches.slice(before).map(({ caller }) => caller.serviceAccount);
    expect(new Set(accounts)).toEqual(new Set(['app']));
  });

  it('that concerns others is nothing to us', async () => {
    world.putPair('db', { interval: '0s' });
    await under.pass(5000);
    const before = world.backend.fetches.length;

    putAccount({ theirs: 'x' });
    await under.settled();

    expect(under.forgotten).toEqual([]);
    expect(world.backend.fetches).toHaveLength(before);
  });
});

describe('credentialsSecretRef', () => {
  const spec = { credentialsSecretRef: { name: 'approle' } };

  it('hands over what a login needs, read anew each time', async () => {
    world.putSecret('approle', { roleid: 'r', secretid: 's' });
    world.putPair('db', spec);
    await under.settled();
    const first = world.backend.fetches.at(-1)?.caller.secrets;
    world.putSecret('approle', { roleid: 'r', secretid: 'other' });
    await under.pass(60_000);
    const second = world.backend.fetches.at(-1)?.caller.secrets;

    expect(first?.get('secretid')?.reveal().toString()).toBe('s');
    expect(second?.get('secretid')?.reveal().toString()).toBe('other');
    expect(world.condition('db')).toMatchObject({ status: 'True' });
  });

  it('is told when the Secret is missing, and the store is not asked', async () => {
    world.putPair('db', spec);
    await under.settled();

    expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'CredentialMissing' });
    expect(world.condition('db')?.message).toContain('there is no Secret approle in namespace shop');
    expect(world.backend.fetches).toEqual([]);
  });

  it('never reads a Secret of another namespace', async () => {
    world.putSecret('approle', { secretid: 'of another' }, { metadata: { namespace: 'other' } });
    world.putPair('db', spec);
    await under.settled();

    expect(world.condition('db')).toMatchObject({ reason: 'CredentialMissing' });
    expect(world.kube.calls.filter((call) => call.includes('other/'))).toEqual([]);
  });
});

describe('time', () => {
  it('that jumps neither delays nor hastens a refresh, and writes nothing', async () => {
    world.putPair('db');
    await under.settled();
    world.mark();
    for (const jumpMs of [86_400_000, -2 * 86_400_000]) {
      await under.pass(30_000);
      world.clock.jump(jumpMs);
      const before = world.backend.fetches.length;
      await under.pass(29_000);
      expect(world.backend.fetches).toHaveLength(before);
      await under.pass(1000);
      expect(world.backend.fetches).toHaveLength(before + 1);
    }

    expect(world.writes).toEqual([]);
  });

  it('that a store takes is bounded, and then it is out', async () => {
    world.values.set('slow', 'v');
    world.backend.holds = { fetches: true };
    world.putClass('db', { objects: [objectOf('slow')] });
    world.putSync('db');
    await under.pass(60_000);

    expect(world.condition('db')).toMatchObject({ status: 'False' });
    expect(world.condition('db', 'Reconciling')).toMatchObject({ status: 'True' });

    world.backend.holds = {};
    await under.pass(60_000);
    expect(world.condition('db')).toMatchObject({ status: 'True' });
  });
});
