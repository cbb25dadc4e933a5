import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControllerUnderTest } from '../../test/fakes/controller-under-test.ts';
import { namespace, SyncWorld } from '../../test/fakes/sync-world.ts';
import { resources } from '../kube/objects.ts';

let under: ControllerUnderTest;
let world: SyncWorld;

beforeEach(async () => {
  world = await SyncWorld.start();
  under = await ControllerUnderTest.start({ world });
  world.putPair('db', { deletionPolicy: 'Delete' });
  world.putPair('other', { interval: '0s' });
  await under.settled();
  world.mark();
});

afterEach(async () => {
  await under[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** Lines of the log that somebody should look at. */
function warnings(): readonly string[] {
  return under.lines.filter((line) => /"level":"(warn|error)"/.test(line));
}

describe('a change of leaders', () => {
  it('looks at everything again and writes nothing, in a new process', async () => {
    await under.stop();
    const fetches = world.backend.fetches.length;
    under = await ControllerUnderTest.start({ world });

    expect(world.backend.fetches.length - fetches).toBe(2);
    expect(world.calls.toSorted()).toEqual(['get secrets shop/db', 'get secrets shop/other']);
    await under.pass(300_000);
    expect(world.writes).toEqual([]);
  });

  it('looks at everything again and writes nothing, in a process that led before', async () => {
    await under.pass(5000);
    const fetches = world.backend.fetches.length;
    under.terms.end('a test says so');
    under.terms.begin();
    await under.pass(60_000);

    expect(world.backend.fetches.length - fetches).toBeGreaterThan(0);
    expect(world.calls).toEqual([]);
  });

  it('leaves everything alone while somebody else leads', async () => {
    under.terms.end('a test says so');
    world.values.set('db', 'rotated');
    world.putPair('new');
    world.kube.remove(resources.secrets, namespace, 'other');
    await under.pass(120_000);

    expect(world.calls).toEqual([]);
    expect(world.data('new')).toBeUndefined();
  });

  it('catches up with what happened meanwhile', async () => {
    under.terms.end('a test says so');
    await under.pass(120_000);
    world.values.set('db', 'rotated');
    world.putPair('new');
    world.force('other', 'meanwhile');
    world.kube.remove(resources.secrets, namespace, 'other');
    await under.settled();

    under.terms.begin();
    await under.settled();

    expect(world.data('db')).toEqual({ a: 'rotated' });
    expect(world.data('new')).toEqual({ a: 'value of new' });
    expect(world.data('other')).toEqual({ a: 'value of other' });
    expect(world.status('other').lastHandledSyncRequest).toBe('meanwhile');
  });

  it('leaves no series behind in the process that leads no more', async () => {
    expect((await under.metrics.syncReady.get()).values).toHaveLength(1);

    under.terms.end('a test says so');
    await under.settled();

    expect((await under.metrics.syncReady.get()).values).toEqual([]);
    expect((await under.metrics.syncLastSuccess.get()).values).toEqual([]);
  });

  it('cuts off what is in work, and nothing of it is written', async () => {
    await under.pass(5000);
    world.backend.holds = { fetches: true };
    world.values.set('db', 'rotated');
    world.force('db', 'now');
    await under.settled();
    world.mark();

    under.terms.end('a test says so');
    world.backend.fetches.at(-1)?.release();
    await under.settled();

    expect(world.calls).toEqual([]);
    expect(world.data('db')).toEqual({ a: 'value of db' });
    expect(warnings()).toEqual([]);
  });
});

describe('a lease that ran out before the term is over', () => {
  it('ends all work silently, without a write', async () => {
    await under.pass(5000);
    world.values.set('db', 'rotated');
    world.force('db', 'now');
    under.holdsLease = false;
    await under.pass(70_000);

    expect(world.writes).toEqual([]);
    expect(warnings()).toEqual([]);

    under.holdsLease = true;
    await under.pass(10_000);
    expect(world.data('db')).toEqual({ a: 'rotated' });
    expect(world.status('db').lastHandledSyncRequest).toBe('now');
  });

  it('is no failure of the sync where it is the token that could not be requested', async () => {
    world.failure = 'NOT_LEADER';
    await under.pass(61_000);
    world.failure = undefined;
    await under.pass(60_000);

    expect(world.writes).toEqual([]);
    expect(warnings()).toEqual([]);
  });
});

describe('a stop', () => {
  it('lets finish what is in work, and takes nothing new', async () => {
    await under.pass(5000);
    world.backend.holds = { fetches: true };
    world.values.set('db', 'rotated');
    world.force('db', 'now');
    await under.settled();

    const stopped = under.stop();
    world.putPair('new');
    world.backend.fetches.at(-1)?.release();
    await stopped;

    expect(world.data('db')).toEqual({ a: 'rotated' });
    expect(world.status('db').lastHandledSyncRequest).toBe('now');
    expect(world.data('new')).toBeUndefined();
  });
});
