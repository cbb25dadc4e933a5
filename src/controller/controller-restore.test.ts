import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControllerUnderTest } from '../../test/fakes/controller-under-test.ts';
import { secretOf, SyncWorld } from '../../test/fakes/sync-world.ts';

const owned = { 'lockstep.dev/owner': 'db' };
const managed = { 'lockstep.dev/managed': 'true' };
const stale = { name: 'db', state: 'Synced', uid: 'of-the-cluster-that-was-lost' };

let under: ControllerUnderTest | undefined;
let world: SyncWorld;

beforeEach(async () => {
  world = await SyncWorld.start();
  world.values.set('db', 'value of db');
  world.putClass('db');
});

afterEach(async () => {
  await under?.[Symbol.asyncDispose]();
  under = undefined;
  await world[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  world.mark();
  under = await ControllerUnderTest.start({ world });
}

/** As backup tools make objects anew: what people wrote, under other uids, without owners and managed fields. */
function restoreSecret(name: string, data: Record<string, string>, metadata: object): void {
  world.putSecret(name, data, { metadata: { ...metadata, managedFields: [] } });
}

describe('what was restored from a backup', () => {
  it.for([
    { name: 'label and annotation', metadata: { labels: managed, annotations: owned } },
    { name: 'the annotation alone', metadata: { annotations: owned } },
  ])('is known by $name, and nothing is lost', async ({ metadata }) => {
    world.putSync('db', { deletionPolicy: 'Delete' });
    restoreSecret('db', { a: 'value of db' }, metadata);
    const { uid } = world.secret('db').metadata;
    await start();

    expect(world.secret('db').metadata).toMatchObject({
      uid,
      labels: managed,
      annotations: owned,
      ownerReferences: [{ uid: world.sync('db')?.metadata.uid }],
    });
    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.condition('db')).toMatchObject({ status: 'True' });
    expect(world.writes).toEqual(['apply secrets shop/db', 'apply secretproviderclasssyncs/status shop/db']);
  });

  it('is known also where the status was restored and names another uid', async () => {
    world.putSync('db');
    restoreSync([stale]);
    restoreSecret('db', { a: 'value of db' }, { annotations: owned });
    await start();

    expect(world.status('db').secrets).toEqual([{ ...stale, uid: world.secret('db').metadata.uid }]);
  });

  it('is known by the uid alone where label and annotation are gone, as after a restored etcd', async () => {
    world.putSync('db');
    restoreSecret('db', { a: 'old' }, {});
    restoreSync([{ ...stale, uid: world.secret('db').metadata.uid }]);
    await start();

    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.secret('db').metadata).toMatchObject({ labels: managed, annotations: owned });
  });

  it('and was taken over from somebody else keeps their keys, and is not deleted', async () => {
    world.putSync('db', { deletionPolicy: 'Delete' });
    const annotations = { ...owned, 'lockstep.dev/adopted': 'true' };
    restoreSecret('db', { a: 'value of db', theirs: 'kept' }, { labels: managed, annotations });
    await start();

    expect(world.data('db')).toEqual({ a: 'value of db', theirs: 'kept' });
    expect(world.secret('db').metadata.ownerReferences).toBeUndefined();
    expect(world.status('db').secrets).toMatchObject([{ state: 'Synced', adopted: true }]);
  });

  it('keeps its values while the store is out', async () => {
    world.failure = 'VAULT_UNREACHABLE';
    world.putSync('db', { deletionPolicy: 'Delete' });
    restoreSecret('db', { a: 'of the backup' }, { labels: managed, annotations: owned });
    await start();

    expect(world.data('db')).toEqual({ a: 'of the backup' });
    expect(world.writes).toEqual(['apply secretproviderclasssyncs/status shop/db']);
  });

  it('with syncs that come after their Secrets and classes loses nothing', async () => {
    restoreSecret('db', { a: 'value of db' }, { labels: managed, annotations: owned });
    await start();
    expect(world.writes).toEqual([]);

    world.putSync('db', { deletionPolicy: 'Delete' });
    await under?.settled();

    expect(world.condition('db')).toMatchObject({ status: 'True' });
  });

  it('leaves what two syncs share to the one that its annotation names, whoever is looked at first', async () => {
    world.putClass('also', { secretObjects: [secretOf('db')] });
    world.values.set('also', 'of another');
    world.putSync('also', { adoptionPolicy: 'Always' });
    world.putSync('db');
    restoreSecret('db', { a: 'value of db' }, { labels: managed, annotations: owned });
    await start();

    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.condition('also')).toMatchObject({ status: 'False', reason: 'SecretConflict' });
  });
});

function restoreSync(secrets: readonly object[]): void {
  const sync = world.sync('db');
  if (sync) world.kube.store.write('lockstep.dev/secretproviderclasssyncs', { ...sync, status: { secrets } });
}
