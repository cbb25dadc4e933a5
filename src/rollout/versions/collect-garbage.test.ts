import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { resources } from '../../kube/objects.ts';
import { failureOf } from '../../../test/fakes/kube-client-under-test.ts';
import { GarbageUnderTest } from '../../../test/fakes/garbage-under-test.ts';
import { putUser } from '../../../test/fakes/version-users.ts';
import { rolloutNames } from '../names.ts';
import type { SourceState } from './plan-sweep.ts';

const hour = 3_600_000;
/** What a round reads. */
const lists = 'secrets cronjobs deployments statefulsets daemonsets replicasets controllerrevisions jobs pods'.split(
  ' ',
);
const inUse: SourceState = { retention: 'InUse', current: undefined };

let test: GarbageUnderTest;

beforeEach(async () => {
  test = await GarbageUnderTest.start();
});
afterEach(async () => await test[Symbol.asyncDispose]());

describe('versions that nothing uses', () => {
  it('are marked, left alone for an hour, and deleted then', async () => {
    expect(await test.sweep(inUse)).toMatchObject({ outcome: 'Swept', deleted: [], postponed: 0 });
    expect(test.marks).toEqual(test.old.map(() => new Date(test.clock.now()).toISOString()));
    await test.clock.advance(hour - 1);
    test.kube.requests.length = 0;
    expect(await test.sweep(inUse)).toMatchObject({ deleted: [] });
    expect(test.writes).toEqual([]);
    await test.clock.advance(1);
    expect(await test.sweep(inUse)).toMatchObject({ deleted: test.old, sources: new Map([['db', { versions: 0 }]]) });
    expect(test.left).toEqual([]);
  });

  it('are deleted for what they are now only: with uid and version', async () => {
    await test.sweepTwice(inUse);
    const bodies = test.kube.requests.filter(({ verb }) => verb === 'delete').map(({ body }) => body);
    expect(bodies).toHaveLength(3);
    for (const body of bodies) {
      expect(body).toMatchObject({ preconditions: { uid: expect.any(String), resourceVersion: expect.any(String) } });
    }
  });

  it('go a few at a time, the oldest first', async () => {
    expect(await test.sweepTwice(inUse, { maxDeletions: 1 })).toMatchObject({ deleted: [test.old[0]], postponed: 2 });
    expect(await test.sweep(inUse, { maxDeletions: 1 })).toMatchObject({ deleted: [test.old[1]], postponed: 1 });
  });

  it('are never read: names and labels are enough', async () => {
    await test.sweepTwice(inUse);
    const lists = test.kube.requests.filter(({ verb, plural }) => verb === 'list' && plural === 'secrets');
    for (const { headers, query } of lists) {
      expect(headers.accept).toContain('PartialObjectMetadataList');
      expect(query.get('labelSelector')).toBe(rolloutNames.pinnedSource);
    }
  });

  it('are none where there are neither versions nor sources, and then no pod is listed', async () => {
    for (const name of test.old) test.kube.remove(resources.secrets, 'shop', name);
    test.kube.requests.length = 0;
    expect(await test.sweep(undefined, { sources: new Map() })).toMatchObject({ outcome: 'Swept', sources: new Map() });
    expect(test.kube.calls).toEqual(['list secrets shop']);
  });
});

describe('a version that is used', () => {
  it('stays, and its mark goes when it is used again', async () => {
    await test.sweep(inUse);
    putUser(test.kube, resources.deployments, { pins: `db=${test.old[1]}` });
    await test.clock.advance(hour);
    expect(await test.sweep(inUse)).toMatchObject({
      deleted: [test.old[0], test.old[2]],
      sources: new Map([['db', { versions: 1, oldestInUse: { kind: 'Oldest', name: test.old[1] } }]]),
    });
    expect(test.left).toEqual([test.old[1]]);
    expect(test.markOf(test.old[1])).toBeUndefined();
  });

  it('waits a whole hour again after its last use', async () => {
    await test.sweep(inUse);
    putUser(test.kube, resources.pods, { reads: test.old[0] });
    await test.clock.advance(hour);
    await test.sweep(inUse);
    test.kube.remove(resources.pods, 'shop', 'web');
    expect(await test.sweep(inUse)).toMatchObject({ deleted: [] });
    expect(test.left).toEqual([test.old[0]]);
    await test.clock.advance(hour);
    expect(await test.sweep(inUse)).toMatchObject({ deleted: [test.old[0]] });
  });

  it('stays for an undo in History and goes in InUse, whose signal does not count it', async () => {
    putUser(test.kube, resources.replicaSets, { pins: `db=${test.old[0]}`, spec: { replicas: 0 } });
    putUser(test.kube, resources.deployments, { pins: `db=${test.old[2]}` });
    const oldestInUse = { kind: 'Oldest', name: test.old[2] };
    expect(await test.sweepTwice({ retention: 'History', current: test.old[2] })).toMatchObject({
      deleted: [],
      sources: new Map([['db', { versions: 3, oldestInUse }]]),
    });
    expect(await test.sweepTwice({ retention: 'InUse', current: test.old[2] })).toMatchObject({
      deleted: [test.old[0], test.old[1]],
      sources: new Map([['db', { versions: 1, oldestInUse }]]),
    });
  });

  it('is all that stays of a source that is given up', async () => {
    putUser(test.kube, resources.pods, { pins: `db=${test.old[1]}`, reads: test.old[1] });
    expect(await test.sweepTwice(undefined)).toMatchObject({ deleted: [test.old[0], test.old[2]] });
  });
});

describe('a round comes to nothing', () => {
  it.for(lists)('when %s cannot be listed', async (plural) => {
    await test.sweep(inUse);
    await test.clock.advance(hour);
    test.kube.forbid({ verb: 'list', plural });
    test.kube.requests.length = 0;
    expect(await test.sweep(inUse)).toMatchObject({
      outcome: 'Aborted',
      deleted: [],
      error: { code: 'KUBE_FORBIDDEN' },
    });
    expect(test.writes).toEqual([]);
    expect(test.left).toHaveLength(3);
  });

  it('when a list breaks off between its pages', async () => {
    for (let index = 0; index < 501; index++) putUser(test.kube, resources.pods, { name: `web-${index}` });
    await test.sweep(inUse);
    await test.clock.advance(hour);
    test.kube.script({ plural: 'pods' }, ({ query }) => {
      if (query.has('continue')) test.kube.compact();
      return undefined;
    });
    expect(await test.sweep(inUse)).toMatchObject({ outcome: 'Aborted', deleted: [], error: { code: 'KUBE_GONE' } });
  });

  it('when a mark is refused, and goes on where it was', async () => {
    const forbid = (): void => test.kube.forbid({ verb: 'patch', plural: 'secrets' });
    forbid();
    expect(await test.sweep(inUse)).toMatchObject({ outcome: 'Aborted', error: { code: 'KUBE_FORBIDDEN' } });
    test.kube.clearScripts();
    expect(await test.sweepTwice(inUse)).toMatchObject({ deleted: test.old });
  });

  it('in the middle, and says what it has deleted', async () => {
    await test.sweep(inUse);
    await test.clock.advance(hour);
    test.kube.forbid({ verb: 'delete', name: test.old[1] });
    expect(await test.sweep(inUse)).toMatchObject({ outcome: 'Aborted', deleted: [test.old[0]] });
  });

  it('with the reason of the signal when it is ended', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped');
    test.kube.script({ plural: 'pods' }, () => {
      stop.abort(reason);
      return 'hang';
    });
    expect(await failureOf(test.sweep(inUse, { signal: stop.signal }))).toBe(reason);
    expect(test.marks).toEqual([undefined, undefined, undefined]);
  });
});
