import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControllerUnderTest } from '../../test/fakes/controller-under-test.ts';
import { namespace, secretOf, type SyncWorld } from '../../test/fakes/sync-world.ts';
import { membersOf, resources } from '../kube/objects.ts';

const a = Buffer.from('value of db').toString('base64');
const marks = {
  labels: { 'lockstep.dev/managed': 'true', team: 'x' },
  annotations: { 'lockstep.dev/owner': 'db', note: 'y' },
};

let under: ControllerUnderTest;
let world: SyncWorld;

beforeEach(async () => {
  under = await ControllerUnderTest.start();
  ({ world } = under);
  world.values.set('db', 'value of db');
  world.putClass('db', {
    secretObjects: [secretOf('db', ['a'], { labels: { team: 'x' }, annotations: { note: 'y' } })],
  });
  world.putSync('db', { interval: '0s', deletionPolicy: 'Delete' });
  await under.settled();
});

afterEach(async () => {
  await under[Symbol.asyncDispose]();
});

/** As `kubectl edit` does. */
function edit(changes: { readonly data?: object; readonly metadata?: object; readonly immutable?: boolean }): void {
  const { metadata, ...rest } = world.secret('db');
  world.kube.put(resources.secrets, { ...rest, ...changes, metadata: { ...metadata, ...changes.metadata } });
}

describe('a Secret of ours', () => {
  it.for([
    { name: 'a value is changed', changes: { data: { a: 'eA==' } } },
    { name: 'a key is removed', changes: { data: {} } },
    { name: 'a key is added', changes: { data: { a, b: 'eA==' } } },
    { name: 'a value is changed and a key added', changes: { data: { a: 'eA==', b: 'eA==' } } },
    { name: 'our label is stripped', changes: { metadata: { labels: { team: 'x' } } } },
    { name: 'our annotation is stripped', changes: { metadata: { annotations: { note: 'y' } } } },
    { name: 'both are stripped', changes: { metadata: { labels: {}, annotations: {} } } },
    { name: 'a label of the class is changed', changes: { metadata: { labels: { ...marks.labels, team: 'z' } } } },
    { name: 'the owner reference is stripped', changes: { metadata: { ownerReferences: [] } } },
    { name: 'it is made immutable, which only a deletion ends', changes: { immutable: true }, isFinal: true },
  ])('is put right at once when $name', async ({ changes, isFinal = false }) => {
    const before = world.secret('db');
    world.mark();

    edit(changes);
    await under.settled();

    const { metadata, ...content } = world.secret('db');
    expect({ ...content, ...(isFinal && { immutable: undefined }) }).toMatchObject({ data: { a }, type: 'Opaque' });
    expect(Object.keys(membersOf(content['data']))).toEqual(['a']);
    expect(metadata).toMatchObject({ uid: before.metadata.uid, ...marks });
    expect(metadata.ownerReferences).toMatchObject([{ uid: world.sync('db')?.metadata.uid }]);
    expect(world.condition('db')).toMatchObject({ status: isFinal ? 'False' : 'True' });
    expect(world.backend.fetches).toHaveLength(1);
  });

  it('comes back when it is deleted', async () => {
    world.kube.remove(resources.secrets, namespace, 'db');
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.status('db').secrets).toMatchObject([{ uid: world.secret('db').metadata.uid }]);
  });

  it('does not come back when it was deleted with its sync, although the watch of syncs lags', async () => {
    for (const verb of ['list', 'watch'] as const) world.kube.forbid({ verb, plural: resources.syncs.plural });
    world.kube.watches.cut();
    under.isLagging = true;
    world.mark();

    world.kube.remove(resources.syncs, namespace, 'db');
    world.kube.remove(resources.secrets, namespace, 'db');
    await under.pass(60_000);

    expect(world.rawSecret('db')).toBeUndefined();
    expect(world.calls.filter((call) => call.includes('apply'))).toEqual([]);
  });

  it('keeps what others put beside our labels and annotations', async () => {
    edit({
      metadata: { labels: { ...marks.labels, theirs: '1' }, annotations: { ...marks.annotations, theirs: '2' } },
    });
    edit({ data: {} });
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.secret('db').metadata).toMatchObject({ labels: { theirs: '1' }, annotations: { theirs: '2' } });
  });

  it('is looked at, and not written, when somebody touched nothing of ours', async () => {
    world.mark();
    edit({ metadata: { annotations: { ...marks.annotations, theirs: '2' } } });
    await under.settled();

    expect(world.calls).toEqual(['get secrets shop/db']);
  });

  it('is put right also when it drifts while its sync is in work', async () => {
    await under.pass(1000);
    world.backend.holds = { fetches: true };
    world.force('db', 'now');
    await under.settled();
    edit({ data: { a: 'eA==' } });
    await under.settled();
    expect(world.data('db')).toEqual({ a: 'x' });

    world.backend.holds = {};
    world.backend.fetches.at(-1)?.release();
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'value of db' });
  });

  it('is put right also when it drifts between the look at it and the write', async () => {
    world.kube.script(
      { verb: 'apply', plural: 'secrets' },
      () => {
        edit({ data: { a: 'eA==', c: 'eA==' } });
        return undefined;
      },
      { times: 1 },
    );
    edit({ data: {} });
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(world.events('db')).not.toContain('SyncFailed');
  });

  it('that drifted is counted as such, and is no change of content', async () => {
    const { lastChangeTime } = world.status('db');
    await under.pass(5000);
    edit({ data: { a: 'eA==' } });
    await under.settled();

    expect(world.status('db').lastChangeTime).toBe(lastChangeTime);
    expect((await under.metrics.secretWrites.get()).values).toContainEqual({ labels: { reason: 'drift' }, value: 1 });
  });
});
