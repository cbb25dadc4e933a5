import { describe, expect } from 'vitest';

import { it } from '../../test/fakes/controller-under-test.ts';
import { namespace, objectOf, secretOf } from '../../test/fakes/sync-world.ts';
import { resources } from '../kube/objects.ts';

const theirs = { a: 'made by somebody else', b: 'theirs' };

describe('a Secret of somebody else', () => {
  it.for([
    { adoptionPolicy: 'Never', says: 'set adoptionPolicy' },
    { adoptionPolicy: 'IfIdentical', says: 'these keys differ: a, b' },
  ])(
    'is left alone with $adoptionPolicy, and the conflict told',
    async ({ adoptionPolicy, says }, { world, under }) => {
      world.putSecret('db', theirs, { metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } } });
      const before = world.secret('db');
      world.putPair('db', { adoptionPolicy });
      await under.settled();

      expect(world.secret('db')).toEqual(before);
      expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'SecretConflict' });
      expect(world.condition('db')?.message).toContain('Helm');
      expect(world.condition('db')?.message).toContain(says);
      expect(world.condition('db', 'Stalled')).toMatchObject({ status: 'True' });
      expect(world.status('db').secrets).toMatchObject([{ name: 'db', state: 'Conflict', reason: 'SecretConflict' }]);
      expect(world.events('db')).toEqual(['SecretConflict']);
    },
  );

  it('is left alone with IfIdentical where only the type differs', async ({ world, under }) => {
    world.putSecret('db', { a: 'value of db' }, { type: 'example.com/theirs' });
    world.putPair('db', { adoptionPolicy: 'IfIdentical' });
    await under.settled();

    expect(world.condition('db')?.message).toContain('none, but the type does');
  });

  it('is taken over with IfIdentical where it is identical, and no value changes', async ({ world, under }) => {
    world.putSecret('db', { a: 'value of db' }, { metadata: { labels: { theirs: 'yes' } } });
    const { uid } = world.secret('db').metadata;
    world.putPair('db', { adoptionPolicy: 'IfIdentical', deletionPolicy: 'Delete' });
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.secret('db').metadata).toMatchObject({
      uid,
      labels: { theirs: 'yes', 'lockstep.dev/managed': 'true' },
      annotations: { 'lockstep.dev/owner': 'db', 'lockstep.dev/adopted': 'true' },
    });
    expect(world.secret('db').metadata.ownerReferences).toBeUndefined();
    expect(world.status('db').secrets).toMatchObject([{ state: 'Synced', uid, adopted: true }]);
    expect(world.events('db')).toEqual(['SecretAdopted']);
  });

  it('is taken over with Always, and its other keys stay, now and later', async ({ world, under }) => {
    world.putSecret('db', theirs);
    world.putPair('db', { adoptionPolicy: 'Always' });
    await under.settled();
    expect(world.data('db')).toEqual({ a: 'value of db', b: 'theirs' });

    world.values.set('db', 'rotated');
    await under.pass(60_000);

    expect(world.data('db')).toEqual({ a: 'rotated', b: 'theirs' });
    expect(world.status('db').secrets).toMatchObject([{ adopted: true }]);
  });

  it('that was taken over is written no more than one of ours', async ({ world, under }) => {
    world.putSecret('db', theirs);
    world.putPair('db', { adoptionPolicy: 'Always' });
    await under.settled();
    world.mark();

    await under.pass(300_000);

    expect(world.calls).toEqual([]);
  });

  it.for([
    { name: 'annotations', metadata: { annotations: {} } },
    { name: 'labels and annotations', metadata: { annotations: {}, labels: {} } },
    { name: 'the mark of the take-over', metadata: { annotations: { 'lockstep.dev/owner': 'db' } } },
  ])(
    'that was taken over keeps its other keys also when $name are stripped',
    async ({ metadata }, { world, under }) => {
      world.putSecret('db', theirs);
      world.putPair('db', { adoptionPolicy: 'Always', deletionPolicy: 'Delete' });
      await under.settled();

      const { metadata: before, ...content } = world.secret('db');
      world.kube.put(resources.secrets, { ...content, metadata: { ...before, ...metadata } });
      await under.settled();

      expect(world.data('db')).toEqual({ a: 'value of db', b: 'theirs' });
      expect(world.secret('db').metadata).toMatchObject({ annotations: { 'lockstep.dev/adopted': 'true' } });
      expect(world.secret('db').metadata.ownerReferences).toBeUndefined();
    },
  );

  it('that was taken over and then deleted comes back as one of ours', async ({ world, under }) => {
    world.putSecret('db', theirs);
    world.putPair('db', { adoptionPolicy: 'Always', deletionPolicy: 'Delete' });
    await under.settled();

    world.kube.remove(resources.secrets, namespace, 'db');
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.secret('db').metadata.ownerReferences).toHaveLength(1);
    expect(world.status('db').secrets).toEqual([{ name: 'db', state: 'Synced', uid: world.secret('db').metadata.uid }]);
  });

  it('that the sync of the driver keeps is refused, whatever the policy', async ({ world, under }) => {
    world.putSecret('db', theirs, { metadata: { labels: { 'secrets-store.csi.k8s.io/managed': 'true' } } });
    world.putPair('db', { adoptionPolicy: 'Always' });
    await under.settled();

    expect(world.data('db')).toEqual(theirs);
    expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'SecretConflict' });
    expect(world.condition('db')?.message).toContain('syncSecret.enabled');
  });

  it('that appears between the look and the write is not written over', async ({ world, under }) => {
    world.kube.script(
      { verb: 'apply', plural: 'secrets' },
      () => {
        world.putSecret('db', theirs);
        return undefined;
      },
      { times: 1 },
    );
    world.putPair('db');
    await under.settled();

    expect(world.data('db')).toEqual(theirs);
    expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'SecretConflict' });
    expect(world.events('db')).toEqual(['SecretConflict']);
  });

  it('is taken over as soon as the policy says so', async ({ world, under }) => {
    world.putSecret('db', theirs);
    world.putPair('db');
    await under.settled();

    world.putSync('db', { adoptionPolicy: 'Always' });
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'value of db', b: 'theirs' });
    expect(world.condition('db')).toMatchObject({ status: 'True' });
  });

  it('does not keep the other Secrets of the sync from being made', async ({ world, under }) => {
    world.putSecret('one', theirs);
    world.values.set('db', 'v');
    world.putClass('db', { objects: [objectOf('db')], secretObjects: [secretOf('one'), secretOf('two')] });
    world.putSync('db');
    await under.settled();

    expect(world.data('two')).toEqual({ a: 'v' });
    expect(world.status('db').secrets).toMatchObject([
      { name: 'one', state: 'Conflict' },
      { name: 'two', state: 'Synced' },
    ]);
  });
});
