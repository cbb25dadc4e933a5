import { describe, expect } from 'vitest';

import { it } from '../../test/fakes/controller-under-test.ts';
import { refuseKube } from '../../test/fakes/kube-replies.ts';
import { namespace, secretOf } from '../../test/fakes/sync-world.ts';
import { resources } from '../kube/objects.ts';

const writeStatus = 'apply secretproviderclasssyncs/status shop/db';

describe('the status', () => {
  it('is written when its content changes, and only then', async ({ world, under }) => {
    world.putPair('db');
    await under.pass(300_000);
    expect(world.calls.filter((call) => call === writeStatus)).toHaveLength(1);

    world.values.set('db', 'rotated');
    await under.pass(300_000);
    expect(world.calls.filter((call) => call === writeStatus)).toHaveLength(2);
  });

  it('says when a condition last changed its status, not when it was looked at', async ({ world, under }) => {
    world.putPair('db');
    await under.settled();
    const { lastTransitionTime } = world.condition('db') ?? {};
    expect(lastTransitionTime).toBe('2026-01-01T00:00:00Z');

    await under.pass(60_000);
    world.putSync('db', { interval: '2m' });
    await under.settled();
    expect(world.condition('db')).toMatchObject({ observedGeneration: 2, lastTransitionTime });

    world.failure = 'VAULT_DENIED';
    await under.pass(120_000);
    expect(world.condition('db')).toMatchObject({ status: 'False', lastTransitionTime: '2026-01-01T00:03:00Z' });
  });

  it('is not written again because the watch lags behind', async ({ world, start, under: first }) => {
    world.kube.watches.freeze();
    first.isLagging = true;
    await first.stop();
    const under = await start();
    world.putPair('db', { interval: '10s' });
    await under.settled();
    world.mark();
    world.kube.watches.freeze();
    under.isLagging = true;

    world.values.set('db', 'rotated');
    await under.pass(60_000);

    expect(world.calls.filter((call) => call === writeStatus)).toHaveLength(1);
    expect(world.data('db')).toEqual({ a: 'rotated' });
  });

  it('of one that is deleted and made anew begins anew', async ({ world, under }) => {
    world.putPair('db', { interval: '0s' });
    await under.pass(5000);
    world.backend.holds = { fetches: true };
    world.force('db', 'now');
    await under.settled();

    world.kube.remove(resources.syncs, namespace, 'db');
    world.putSync('db', { secretProviderClassName: 'nowhere' });
    await under.settled();
    world.backend.fetches.at(-1)?.release();
    const seen: unknown[] = [];
    using _listener = world.kube.store.listen(({ current }) => void seen.push(current?.['status']));
    await under.pass(5000);

    expect(world.condition('db')).toMatchObject({ status: 'False', reason: 'ClassNotFound' });
    expect(world.status('db').lastHandledSyncRequest).toBeUndefined();
    expect(JSON.stringify(seen)).not.toContain('"True","reason":"Synced"');
    expect(JSON.stringify(seen)).not.toContain('"lastHandledSyncRequest"');
  });

  it('is written later when the API server does not take it, and tells what was done', async ({ world, under }) => {
    const unavailable = refuseKube({ status: 500, reason: 'InternalError', message: 'etcd is away' });
    world.kube.script({ verb: 'apply', subresource: 'status' }, unavailable, { times: 1 });
    world.putPair('db', { interval: '0s' });
    await under.settled();
    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.status('db')).toEqual({});

    await under.pass(5000);

    expect(world.condition('db')).toMatchObject({ status: 'True' });
    expect(world.status('db').lastChangeTime).toBeDefined();
    expect(world.events('db')).toEqual(['SecretSynced']);
  });

  it('says what is held back when the sync is suspended, and does nothing else', async ({ world, under }) => {
    world.putPair('db');
    await under.settled();
    world.putSync('db', { suspend: true });
    await under.settled();
    const fetches = world.backend.fetches.length;
    world.values.set('db', 'rotated');
    world.kube.remove(resources.secrets, namespace, 'db');
    world.force('db', 'now');
    await under.pass(300_000);

    expect(world.condition('db')).toMatchObject({ status: 'True', reason: 'Suspended' });
    expect(world.data('db')).toBeUndefined();
    expect(world.backend.fetches).toHaveLength(fetches);
    expect(world.status('db').lastHandledSyncRequest).toBeUndefined();

    world.putSync('db', { suspend: false });
    await under.settled();
    expect(world.data('db')).toEqual({ a: 'rotated' });
    expect(world.status('db').lastHandledSyncRequest).toBe('now');
  });
});

describe('the mode Shadow', () => {
  it('writes nothing but the status, and names the keys that differ', async ({ world, under }) => {
    world.putPair('db', { mode: 'Shadow', interval: '10s', deletionPolicy: 'Delete' });
    await under.settled();
    expect(world.status('db').secrets).toEqual([{ name: 'db', state: 'Absent' }]);

    world.putSecret('db', { a: 'another', b: 'more' });
    const before = world.secret('db');
    await under.pass(10_000);
    expect(world.status('db').secrets).toEqual([{ name: 'db', state: 'Different', differingKeys: ['a', 'b'] }]);
    expect(world.condition('db')).toMatchObject({ status: 'True', reason: 'Shadowed' });
    expect(world.condition('db')?.message).toContain('Secret db differs in a, b');
    expect(world.secret('db')).toEqual(before);

    world.kube.remove(resources.secrets, namespace, 'db');
    world.putSecret('db', { a: 'value of db' });
    await under.pass(10_000);
    expect(world.status('db').secrets).toEqual([{ name: 'db', state: 'Identical' }]);
    expect(new Set(world.writes)).toEqual(new Set([writeStatus]));
  });

  it('deletes nothing that was made before', async ({ world, under }) => {
    world.putPair('db', { deletionPolicy: 'Delete' });
    await under.settled();
    world.putSync('db', { deletionPolicy: 'Delete', mode: 'Shadow', secretObjects: [secretOf('other')] });
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.data('other')).toBeUndefined();
  });
});

describe('events and metrics', () => {
  it('tell of changes, and not of what goes on as before', async ({ world, under }) => {
    world.failure = 'VAULT_DENIED';
    world.putPair('db');
    await under.pass(1_800_000);
    expect(world.events('db')).toEqual(['SyncFailed']);

    world.failure = undefined;
    await under.pass(600_000);
    expect(world.events('db')).toEqual(['SecretSynced', 'SyncFailed']);
  });

  it('of each object are there only where they are wanted, and go with it', async ({ world, start }) => {
    const under = await start({ perObjectMetrics: true });
    world.putPair('db');
    await under.settled();
    const { syncReady, syncLastSuccess } = under.metrics;
    expect((await syncReady.get()).values).toEqual([{ labels: { namespace, name: 'db', reason: 'Synced' }, value: 1 }]);
    expect((await syncLastSuccess.get()).values).toMatchObject([{ labels: { namespace, name: 'db' } }]);

    world.kube.remove(resources.syncs, namespace, 'db');
    await under.settled();

    expect((await syncReady.get()).values).toEqual([]);
    expect((await syncLastSuccess.get()).values).toEqual([]);
  });
});
