import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { failed, failing, found } from '../../test/fakes/backend.ts';
import { ControllerUnderTest } from '../../test/fakes/controller-under-test.ts';
import { namespace, objectOf, secretOf, type SyncWorld } from '../../test/fakes/sync-world.ts';
import { resources } from '../kube/objects.ts';

const syncs = Array.from({ length: 5 }, (_, index) => `db-${index}`);

let under: ControllerUnderTest;
let world: SyncWorld;

beforeEach(async () => {
  under = await ControllerUnderTest.start();
  ({ world } = under);
  for (const name of syncs) world.putPair(name);
  await under.settled();
  world.mark();
});

afterEach(async () => {
  await under[Symbol.asyncDispose]();
});

/** Counted from now on. */
function countFetches(): () => number {
  const before = world.backend.fetches.length;
  return () => world.backend.fetches.length - before;
}

function conditions(): readonly unknown[] {
  return syncs.map((name) => world.condition(name));
}

const allCurrent = syncs.map(() => expect.objectContaining({ status: 'True', reason: 'Synced' }) as unknown);

describe('a store that is out', () => {
  it('is told with its cause, and every Secret keeps its last values', async () => {
    const before = world.kube.all(resources.secrets);
    world.failure = 'VAULT_UNREACHABLE';
    await under.pass(600_000);

    expect(world.kube.all(resources.secrets)).toEqual(before);
    expect(conditions()).toEqual(
      syncs.map(() => expect.objectContaining({ status: 'False', reason: 'VaultUnreachable' })),
    );
    expect(world.condition('db-0')?.message).toContain('the fake store says VAULT_UNREACHABLE');
    expect(world.condition('db-0', 'Reconciling')).toMatchObject({ status: 'True' });
    expect(world.condition('db-0', 'Stalled')).toBeUndefined();
    expect(world.status('db-0').secrets).toMatchObject([{ name: 'db-0', uid: world.secret('db-0').metadata.uid }]);
    expect(world.status('db-0').objects).toHaveLength(1);
  });

  it('is told once, however long it lasts', async () => {
    world.failure = 'VAULT_UNREACHABLE';
    await under.pass(150_000);
    world.mark();
    const events = world.kube.count({ plural: 'events' });

    await under.pass(900_000);

    expect(world.calls.filter((call) => !call.includes('/db-0'))).toEqual([]);
    expect(world.kube.count({ plural: 'events' })).toBe(events);
    expect(world.events('db-0')).toEqual(['SecretSynced', 'SyncFailed']);
    expect(under.lines.filter((line) => line.includes('"msg":"sync failed"'))).toHaveLength(syncs.length);
  });

  it('is asked by one sync at a time, ever more rarely, and not by all', async () => {
    world.failure = 'VAULT_UNREACHABLE';
    await under.pass(60_000);
    const fetches = countFetches();
    await under.pass(600_000);

    // At most one in 30 s at the end, where five syncs refresh in a minute.
    expect(fetches()).toBeGreaterThan(8);
    expect(fetches()).toBeLessThan(30);
  });

  it('that is back is noticed by its probe, and all go at once', async () => {
    world.failure = 'VAULT_UNREACHABLE';
    await under.pass(300_000);
    world.failure = undefined;
    for (const name of syncs) world.values.set(name, `rotated ${name}`);
    const fetches = countFetches();
    await under.pass(60_000);

    expect(conditions()).toEqual(allCurrent);
    expect(syncs.map((name) => world.data(name)?.['a'])).toEqual(syncs.map((name) => `rotated ${name}`));
    const times = new Set(syncs.map((name) => world.status(name).lastChangeTime));
    expect(times.size).toBe(1);
    expect(fetches()).toBeGreaterThanOrEqual(syncs.length);
  });

  it('does not concern syncs of another account', async () => {
    world.backend.answer = (_, { serviceAccount }) =>
      serviceAccount === 'lucky' ? found({ value: 'fresh' }) : failed('VAULT_UNREACHABLE');
    world.putPair('lucky', { serviceAccountName: 'lucky' });
    await under.pass(120_000);

    expect(world.data('lucky')).toEqual({ a: 'fresh' });
    expect(world.condition('lucky')).toMatchObject({ status: 'True' });
  });

  it('is asked nevertheless for a sync that somebody changed', async () => {
    world.failure = 'VAULT_UNREACHABLE';
    await under.pass(300_000);
    const fetches = countFetches();

    world.putSync('db-4', { interval: '10m' });
    await under.settled();

    expect(fetches()).toBe(1);
  });

  it('does not keep what is suspended or gone waiting for it', async () => {
    world.failure = 'VAULT_UNREACHABLE';
    await under.pass(120_000);
    for (const name of syncs.slice(1)) world.kube.remove(resources.syncs, namespace, name);
    world.putSync('db-0', { suspend: true });
    await under.settled();
    const fetches = countFetches();
    await under.pass(300_000);

    expect(fetches()).toBe(0);
    expect(world.condition('db-0')).toMatchObject({ status: 'False', reason: 'Suspended' });
  });

  it('and is one of two stores of a class does not keep the other Secret from being made', async () => {
    world.backend.answer = ({ store }) =>
      store.address.includes('broken') ? failed('VAULT_UNREACHABLE') : found({ value: 'fresh' });
    world.kube.put(resources.classes, {
      metadata: { namespace, name: 'mixed', labels: { 'lockstep.dev/sync': 'true' } },
      spec: {
        provider: 'lockstep',
        parameters: {
          objects: JSON.stringify([
            objectOf('x', { provider: 'vault' }),
            objectOf('y', { provider: 'openbao', objectName: 'b' }),
          ]),
          roleName: 'app',
          baoRoleName: 'app',
          baoAddress: 'https://broken.test:8200',
        },
        secretObjects: [secretOf('good', ['a']), secretOf('bad', ['a', 'b'])],
      },
    });
    world.putSync('mixed');
    await under.settled();

    expect(world.condition('mixed')).toMatchObject({ status: 'False', reason: 'VaultUnreachable' });
    expect(world.data('good')).toEqual({ a: 'fresh' });
    expect(world.data('bad')).toBeUndefined();
  });
});

describe('a login that is refused', () => {
  it('is told, counts for all syncs of the account, and is not asked for by each of them', async () => {
    world.backend.answer = failing('VAULT_LOGIN_REFUSED');
    await under.pass(120_000);
    const fetches = countFetches();
    await under.pass(600_000);

    expect(conditions()).toEqual(
      syncs.map(() => expect.objectContaining({ status: 'False', reason: 'VaultLoginRefused' })),
    );
    expect(world.condition('db-0', 'Stalled')).toMatchObject({ status: 'True' });
    expect(syncs.map((name) => world.data(name)?.['a'])).toEqual(syncs.map((name) => `value of ${name}`));
    expect(fetches()).toBeLessThan(30);
  });

  it('that is mended goes for all at once', async () => {
    const { answer } = world.backend;
    world.backend.answer = failing('VAULT_LOGIN_REFUSED');
    await under.pass(300_000);
    world.backend.answer = answer;
    await under.pass(60_000);

    expect(conditions()).toEqual(allCurrent);
  });
});
