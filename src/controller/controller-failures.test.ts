import { describe, expect } from 'vitest';

import { it } from '../../test/fakes/controller-under-test.ts';
import { namespace, objectOf, secretOf, type SyncWorld } from '../../test/fakes/sync-world.ts';
import { resources } from '../kube/objects.ts';

interface Case {
  readonly name: string;
  readonly put: (world: SyncWorld) => void;
  readonly reason: string;
  readonly says: string;
}

describe('a sync that cannot work as it stands', () => {
  it.for<Case>([
    {
      name: 'its class is missing',
      put: (world) => world.putSync('db'),
      reason: 'ClassNotFound',
      says: 'there is no SecretProviderClass db in namespace shop',
    },
    {
      name: 'its class may not be synced',
      put: (world) => {
        world.putClass('db', { metadata: { labels: {} } });
        world.putSync('db');
      },
      reason: 'ClassNotEnabled',
      says: 'kubectl label secretproviderclass db -n shop lockstep.dev/sync=true',
    },
    {
      name: 'its class is of another provider',
      put: (world) => {
        world.putClass('db', { provider: 'azure' });
        world.putSync('db');
      },
      reason: 'ManifestInvalid',
      says: 'provider: "azure" is none that lockstep serves (vault, openbao, aws',
    },
    {
      name: 'its class has mistakes',
      put: (world) => {
        world.putClass('db', { objects: [objectOf('db', { secretPath: '' })] });
        world.putSync('db');
      },
      reason: 'ManifestInvalid',
      says: 'secretPath',
    },
    {
      name: 'nothing says which Secrets to keep',
      put: (world) => {
        world.putClass('db', { secretObjects: [] });
        world.putSync('db');
      },
      reason: 'SyncInvalid',
      says: 'neither the sync nor the SecretProviderClass db has secretObjects',
    },
    {
      name: 'a label of the class is unknown',
      put: (world) => {
        world.putClass('db', { metadata: { labels: { 'lockstep.dev/sync': 'true', 'lockstep.dev/synk': 'true' } } });
        world.putSync('db');
      },
      reason: 'SyncInvalid',
      says: 'lockstep.dev/synk',
    },
    {
      name: 'it is not understood',
      put: (world) => world.putPair('db', { interval: 'often' }),
      reason: 'SyncInvalid',
      says: 'spec.interval',
    },
    {
      name: 'an object is not at the store',
      put: (world) => {
        world.putClass('db');
        world.putSync('db');
      },
      reason: 'VaultNotFound',
      says: 'VAULT_NOT_FOUND',
    },
    {
      name: 'its account may not read an object',
      put: (world) => {
        world.failure = 'VAULT_DENIED';
        world.putPair('db');
      },
      reason: 'VaultDenied',
      says: 'VAULT_DENIED',
    },
    {
      name: 'a Secret lacks what its type needs',
      put: (world) =>
        world.putPair('db', { secretObjects: [secretOf('db', ['a'], { type: 'kubernetes.io/basic-auth' })] }),
      reason: 'SecretInvalid',
      says: 'username or password',
    },
  ])('says so when $name, and stalls', async ({ put, reason, says }, { world, under }) => {
    put(world);
    await under.pass(10_000);

    expect(world.condition('db')).toMatchObject({ status: 'False', reason });
    expect(world.condition('db')?.message).toContain(says);
    expect(world.condition('db', 'Stalled')).toMatchObject({ status: 'True', reason });
    expect(world.rawSecret('db')).toBeUndefined();
    expect(world.events('db')).toEqual(['SyncFailed']);
  });

  it('goes on at once when the class comes, and when it gets its label', async ({ world, under }) => {
    world.values.set('db', 'v');
    world.putSync('db');
    await under.pass(600_000);
    world.putClass('db', { metadata: { labels: {} } });
    await under.pass(600_000);
    expect(world.condition('db')).toMatchObject({ reason: 'ClassNotEnabled' });

    world.putClass('db');
    await under.settled();

    expect(world.condition('db')).toMatchObject({ status: 'True' });
    expect(world.condition('db', 'Stalled')).toBeUndefined();
  });

  it('keeps its Secrets when the class goes, and says so at once', async ({ world, under }) => {
    world.putPair('db', { deletionPolicy: 'Delete' });
    await under.settled();

    world.kube.remove(resources.classes, namespace, 'db');
    await under.settled();

    expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'ClassNotFound' });
    expect(world.data('db')).toEqual({ a: 'value of db' });
  });
});

describe('a class of which not everything is there', () => {
  it('makes the Secrets that are complete, and half of none', async ({ world, under }) => {
    world.values.set('x', 'one');
    const objects = [objectOf('x'), objectOf('missing', { objectName: 'b' })];
    const secretObjects = [secretOf('good'), secretOf('half', ['a', 'b']), { secretName: 'all', type: 'Opaque' }];
    world.putClass('db', { objects, secretObjects });
    world.putSync('db');
    await under.settled();

    expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'VaultNotFound' });
    expect(world.data('good')).toEqual({ a: 'one' });
    expect(world.data('half')).toBeUndefined();
    expect(world.data('all')).toBeUndefined();
    expect(world.status('db')).toMatchObject({
      objects: [{ name: 'a' }],
      secrets: [
        { name: 'good', state: 'Synced' },
        { name: 'half', state: 'Failed' },
        { name: 'all', state: 'Failed' },
      ],
    });
  });

  it('keeps what an incomplete Secret had', async ({ world, under }) => {
    world.values.set('x', 'one');
    world.values.set('y', 'two');
    const objects = [objectOf('x'), objectOf('y', { objectName: 'b' })];
    world.putClass('db', { objects, secretObjects: [secretOf('db', ['a', 'b'])] });
    world.putSync('db');
    await under.settled();

    world.values.delete('y');
    world.values.set('x', 'rotated');
    await under.pass(60_000);

    expect(world.data('db')).toEqual({ a: 'one', b: 'two' });
    expect(world.status('db').objects).toHaveLength(2);
  });

  it('leaves out the key of an optional object, and brings it when it comes', async ({ world, under }) => {
    world.values.set('x', 'one');
    const objects = [objectOf('x'), objectOf('y', { objectName: 'b', optional: true })];
    world.putClass('db', { objects, secretObjects: [secretOf('db', ['a', 'b'])] });
    world.putSync('db');
    await under.settled();
    expect(world.data('db')).toEqual({ a: 'one' });
    expect(world.condition('db')).toMatchObject({ status: 'True' });

    world.values.set('y', 'two');
    await under.pass(60_000);
    expect(world.data('db')).toEqual({ a: 'one', b: 'two' });
  });

  it('does not take an optional object for absent that only could not be read', async ({ world, under }) => {
    world.values.set('x', 'one');
    world.values.set('y', 'two');
    const objects = [objectOf('x'), objectOf('y', { objectName: 'b', optional: true })];
    world.putClass('db', { objects, secretObjects: [secretOf('db', ['a', 'b'])] });
    world.putSync('db');
    await under.settled();

    world.failure = 'VAULT_DENIED';
    await under.pass(60_000);

    expect(world.data('db')).toEqual({ a: 'one', b: 'two' });
  });
});
