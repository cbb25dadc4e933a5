import { describe, expect } from 'vitest';

import { it } from '../../test/fakes/controller-under-test.ts';
import { quotaExceeded } from '../../test/fakes/kube-replies.ts';
import { namespace, secretOf } from '../../test/fakes/sync-world.ts';
import { resources } from '../kube/objects.ts';

describe('a Secret that Kubernetes does not let change', () => {
  it('is left as it is when its type should be another, and what to do is said', async ({ world, under }) => {
    world.putPair('db');
    await under.settled();
    world.putClass('db', { secretObjects: [secretOf('db', ['a'], { type: 'example.com/other' })] });
    await under.settled();

    expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'SecretImmutable' });
    expect(world.condition('db')?.message).toContain('example.com/other; delete it');
    expect(world.secret('db')).toMatchObject({ type: 'Opaque' });
    expect(world.status('db').secrets).toMatchObject([{ state: 'Failed', reason: 'SecretImmutable' }]);
  });

  it('is left as it is when it is immutable, until somebody deletes it', async ({ world, under }) => {
    world.putPair('db', { secretObjects: [secretOf('db', ['a'], { immutable: true })] });
    await under.settled();
    world.values.set('db', 'rotated');
    await under.pass(60_000);
    expect(world.condition('db')?.message).toBe(
      'Secret db is immutable, and these keys differ: a; delete it, so that it is made anew, or use another secretName',
    );
    expect(world.data('db')).toEqual({ a: 'value of db' });

    world.kube.remove(resources.secrets, namespace, 'db');
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'rotated' });
    expect(world.condition('db')).toMatchObject({ status: 'True' });
  });

  it('is made immutable when the class says so, and not mutable again', async ({ world, under }) => {
    world.putPair('db');
    await under.settled();
    world.putClass('db', { secretObjects: [secretOf('db', ['a'], { immutable: true })] });
    await under.settled();
    expect(world.secret('db')).toMatchObject({ immutable: true });

    world.putClass('db');
    await under.settled();

    expect(world.condition('db')?.message).toContain('is immutable, and it should not be');
  });

  it('is tried again when the API server refused it, and others are not kept waiting', async ({ world, under }) => {
    world.kube.script({ verb: 'apply', plural: 'secrets', name: 'one' }, (request) => quotaExceeded(request), {
      times: 2,
    });
    world.putPair('one');
    world.putPair('two');
    await under.settled();
    expect(world.condition('one')).toMatchObject({ status: 'False', reason: 'QuotaExceeded' });
    expect(world.condition('two')).toMatchObject({ status: 'True' });

    await under.pass(5000);

    expect(world.condition('one')).toMatchObject({ status: 'True' });
  });
});
