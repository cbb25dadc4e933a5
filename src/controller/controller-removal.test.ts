import { describe, expect } from 'vitest';

import { it } from '../../test/fakes/controller-under-test.ts';
import { objectOf, secretOf } from '../../test/fakes/sync-world.ts';
import { resources } from '../kube/objects.ts';

describe('a Secret that its sync no longer wants', () => {
  it('is deleted with the policy Delete when it is renamed', async ({ world, under }) => {
    world.putPair('db', { deletionPolicy: 'Delete' });
    await under.settled();

    world.putClass('db', { secretObjects: [secretOf('renamed')] });
    await under.settled();

    expect(world.rawSecret('db')).toBeUndefined();
    expect(world.data('renamed')).toEqual({ a: 'value of db' });
    expect(world.status('db').secrets).toMatchObject([{ name: 'renamed' }]);
    expect((await under.metrics.secretWrites.get()).values).toContainEqual({ labels: { reason: 'deleted' }, value: 1 });
  });

  it.for(['Retain', undefined])('stays with the policy %s', async (deletionPolicy, { world, under }) => {
    world.putPair('db', { deletionPolicy });
    await under.settled();

    world.putClass('db', { secretObjects: [secretOf('renamed')] });
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.data('renamed')).toEqual({ a: 'value of db' });
  });

  it('is deleted later when the policy becomes Delete', async ({ world, under }) => {
    world.putPair('db');
    await under.settled();
    world.putClass('db', { secretObjects: [secretOf('renamed')] });
    await under.settled();

    world.putSync('db', { deletionPolicy: 'Delete' });
    await under.settled();

    expect(world.rawSecret('db')).toBeUndefined();
    expect(world.secret('renamed').metadata.ownerReferences).toHaveLength(1);
  });

  it('is deleted also when it was renamed while nobody led', async ({ world, under }) => {
    world.putPair('db', { deletionPolicy: 'Delete' });
    await under.settled();
    under.terms.end('a test says so');
    world.putClass('db', { secretObjects: [secretOf('renamed')] });
    await under.settled();
    expect(world.rawSecret('renamed')).toBeUndefined();

    under.terms.begin();
    await under.settled();

    expect(world.rawSecret('db')).toBeUndefined();
    expect(world.data('renamed')).toEqual({ a: 'value of db' });
  });

  it.for([
    { name: 'marked', strip: {} },
    { name: 'no longer marked', strip: { annotations: { 'lockstep.dev/owner': 'db' } } },
  ])(
    'is never deleted when it was taken over from somebody else, $name as such',
    async ({ strip }, { world, under }) => {
      world.putSecret('db', { a: 'theirs', b: 'theirs' });
      world.putPair('db', { adoptionPolicy: 'Always', deletionPolicy: 'Delete' });
      await under.settled();
      under.terms.end('a test says so');
      const { metadata, ...content } = world.secret('db');
      world.kube.put(resources.secrets, { ...content, metadata: { ...metadata, ...strip } });

      world.putClass('db', { secretObjects: [secretOf('renamed')] });
      under.terms.begin();
      await under.settled();

      expect(world.data('renamed')).toEqual({ a: 'value of db' });
      expect(world.data('db')).toEqual({ a: 'value of db', b: 'theirs' });
    },
  );

  it('is not deleted before the one that takes its place stands', async ({ world, under }) => {
    world.putPair('db', { deletionPolicy: 'Delete' });
    await under.pass(5000);

    world.failure = 'VAULT_UNREACHABLE';
    world.putClass('db', {
      objects: [objectOf('db'), objectOf('db', { objectName: 'b' })],
      secretObjects: [secretOf('renamed')],
    });
    await under.pass(2000);
    expect(world.data('renamed')).toBeUndefined();
    expect(world.data('db')).toEqual({ a: 'value of db' });
    world.failure = undefined;
    await under.pass(120_000);

    expect(world.data('renamed')).toEqual({ a: 'value of db' });
    expect(world.rawSecret('db')).toBeUndefined();
  });

  it('is not deleted when somebody touched it after we looked', async ({ world, under }) => {
    world.putPair('db', { deletionPolicy: 'Delete' });
    await under.settled();
    world.kube.script(
      { verb: 'delete', plural: 'secrets' },
      () => {
        world.putSecret('db', { a: 'theirs now' }, { metadata: { labels: {}, annotations: {} } });
        return undefined;
      },
      { times: 1 },
    );

    world.putClass('db', { secretObjects: [secretOf('renamed')] });
    await under.pass(60_000);

    expect(world.data('db')).toEqual({ a: 'theirs now' });
    expect(world.condition('db')).toMatchObject({ status: 'True' });
  });
});

describe('the owner reference', () => {
  it('goes when the policy becomes Retain, so that the Secret outlives its sync', async ({ world, under }) => {
    world.putPair('db', { deletionPolicy: 'Delete', interval: '0s' });
    await under.settled();
    expect(world.secret('db').metadata.ownerReferences).toMatchObject([
      { kind: 'SecretProviderClassSync', name: 'db', controller: true },
    ]);

    world.putSync('db', { deletionPolicy: 'Retain', interval: '0s' });
    await under.settled();

    expect(world.secret('db').metadata.ownerReferences ?? []).toEqual([]);
    expect(world.condition('db')).toMatchObject({ status: 'True' });
  });

  it('names the new sync when one was deleted and made anew', async ({ world, under }) => {
    world.putPair('db', { deletionPolicy: 'Delete' });
    await under.settled();
    world.kube.remove(resources.syncs, 'shop', 'db');
    world.putSync('db', { deletionPolicy: 'Delete' });
    await under.settled();

    const owners = world.secret('db').metadata.ownerReferences?.map(({ uid }) => uid);
    expect(owners).toEqual([world.sync('db')?.metadata.uid]);
  });
});
