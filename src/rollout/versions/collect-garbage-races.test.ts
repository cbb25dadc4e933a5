import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { resources } from '../../kube/objects.ts';
import { GarbageUnderTest } from '../../../test/fakes/garbage-under-test.ts';
import type { SourceState } from './plan-sweep.ts';

const hour = 3_600_000;
const inUse: SourceState = { retention: 'InUse', current: undefined };

let test: GarbageUnderTest;

beforeEach(async () => {
  test = await GarbageUnderTest.start();
});
afterEach(async () => await test[Symbol.asyncDispose]());

describe('a race', () => {
  it('with content that comes back is won by the lease', async () => {
    await test.sweep(inUse);
    await test.clock.advance(hour);
    // After the list of Secrets, before the deletion.
    test.kube.script(
      { plural: 'pods' },
      async () => {
        await test.comeBack();
        return undefined;
      },
      { times: 1 },
    );
    expect(await test.sweep(inUse)).toMatchObject({
      outcome: 'Swept',
      deleted: [test.old[1], test.old[2]],
      sources: new Map([['db', { versions: 1 }]]),
    });
    expect(test.left).toEqual([test.old[0]]);
    expect(test.markOf(test.old[0])).toBeUndefined();
  });

  it('with a deletion that was decided is survived: the version is made anew', async () => {
    await test.sweep(inUse);
    await test.clock.advance(hour);
    test.kube.script(
      { verb: 'patch', plural: 'secrets' },
      async () => {
        await test.sweep(inUse);
        return undefined;
      },
      { times: 1 },
    );
    expect(await test.comeBack()).toMatchObject({ name: test.old[0], change: 'created' });
    expect(test.left).toEqual([test.old[0]]);
  });

  it('with content that comes back leaves it without a mark', async () => {
    test.kube.script(
      { plural: 'pods' },
      async () => {
        await test.clock.advance(1);
        await test.comeBack();
        return undefined;
      },
      { times: 1 },
    );
    await test.sweep(inUse);
    expect(test.marks.map((mark) => mark === undefined)).toEqual([true, false, false]);
  });

  it('between two collectors deletes nothing twice', async () => {
    await test.sweep(inUse);
    await test.clock.advance(hour);
    const reports = await Promise.all([test.sweep(inUse), test.sweep(inUse)]);
    expect(reports.map(({ outcome }) => outcome)).toEqual(['Swept', 'Swept']);
    expect(test.left).toEqual([]);
  });
});

describe('a Secret of somebody else', () => {
  it.for([
    ['has our labels under another name', { name: 'db-backup' }],
    ['has one of our labels', { labels: { 'lockstep.dev/pinned-source': 'db' } }],
    [
      'is kept by another controller',
      { ownerReferences: [{ apiVersion: 'v1', kind: 'Mirror', name: 'm', uid: 'm', controller: true }] },
    ],
  ] as const)('stays that %s', async ([, change]) => {
    const labels = { 'lockstep.dev/pinned-source': 'db', 'lockstep.dev/version': '0123456789ab' };
    const metadata = { namespace: 'shop', name: 'db-0123456789ab', labels, ...change };
    test.kube.put(resources.secrets, { metadata, type: 'Opaque', data: {} });
    expect(await test.sweepTwice(inUse)).toMatchObject({
      deleted: test.old,
      sources: new Map([['db', { versions: 0 }]]),
    });
    expect(test.left).toEqual([metadata.name]);
    expect(test.markOf(metadata.name)).toBeUndefined();
  });
});
