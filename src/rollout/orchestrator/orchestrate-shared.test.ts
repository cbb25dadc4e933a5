import { describe, expect, it } from 'vitest';

import { NamespaceWorld, specOf } from '../../../test/fakes/namespace-world.ts';

const minuteMs = 60_000;

describe('two sources of one workload', () => {
  function shared(one: object = {}, other: object = {}) {
    const world = new NamespaceWorld();
    const [db, tls] = [world.source('db', one), world.source('tls', other)];
    world.workload('web', ['db', 'tls']);
    world.workload('api', ['db']);
    world.settle();
    return { world, db, tls };
  }

  it.for(['Restart', 'Pin'])('that change one after the other settle into one rollout (%s)', (mode) => {
    const { world, db, tls } = shared({ mode, canary: { count: 0 }, maxConcurrent: 2 }, { mode });
    db.content = 2;
    world.run(3000);
    tls.content = 2;
    world.run(10 * minuteMs);

    expect(world.started.toSorted()).toEqual(['api', 'web']);
    expect([db, tls].map((source) => world.statusOf(source).state)).toEqual(['Complete', 'Complete']);
  });

  it('are one in Restart even when one of them may not begin: its pods read what there is', () => {
    const { world, db, tls } = shared({ canary: { count: 0 } }, { approval: 'Manual' });
    db.content = 2;
    tls.content = 2;
    world.run(10 * minuteMs);

    expect(world.started.toSorted()).toEqual(['api', 'web']);
    expect(world.statusOf(tls)).toMatchObject({ state: 'Complete', updated: 1 });
  });

  it('are apart in Pin when one of them may not begin', () => {
    const { world, db, tls } = shared({ mode: 'Pin', canary: { count: 0 } }, { mode: 'Pin', approval: 'Manual' });
    db.content = 2;
    tls.content = 2;
    world.run(10 * minuteMs);
    expect(world.workloads.get('Deployment shop/web')?.annotations).toEqual({
      'lockstep.dev/pins': 'db=db-000000000002',
    });

    tls.approve = tls.version;
    world.run(10 * minuteMs);
    expect(world.workloads.get('Deployment shop/web')?.annotations).toEqual({
      'lockstep.dev/pins': 'db=db-000000000002,tls=tls-000000000002',
    });
  });

  it('are put back in one piece, so that nobody takes it for an undo', () => {
    const { world, db, tls } = shared();
    db.content = 2;
    tls.content = 2;
    world.run(10 * minuteMs);
    const web = world.workloads.get('Deployment shop/web');
    // The first time at once, the second not before ten minutes.
    web?.write({}, world.now);
    world.run(5 * minuteMs);
    web?.write({}, world.now);
    db.content = 3;
    world.run(2 * minuteMs);

    expect(world.eventsOf('RolloutHeld')).toEqual([]);
    expect(web?.annotations).toEqual({
      'lockstep.dev/secret-hashes': 'kid=aaaaaaaa;db=000000000003,tls=000000000002',
    });
  });

  it('are in conflict both, and stay so when one of them is written once more', () => {
    const { world, db, tls } = shared();
    db.content = 2;
    tls.content = 2;
    world.settle();
    const web = world.workloads.get('Deployment shop/web');
    const takeAway = (): void => {
      web?.write({}, world.now);
      world.run(2 * 60 * minuteMs);
    };
    for (let times = 0; times < 4; times++) takeAway();
    expect([db, tls].map((source) => world.statusOf(source).state)).toEqual(['Conflict', 'Conflict']);
    db.content = 3;
    world.settle();
    expect([db, tls].map((source) => world.statusOf(source).state)).toEqual(['Complete', 'Complete']);
    const { length } = world.starts;
    takeAway();

    expect([db, tls].map((source) => world.statusOf(source).state)).toEqual(['Conflict', 'Conflict']);
    expect(world.starts).toHaveLength(length);
  });

  it('share the bound of the namespace', () => {
    const world = new NamespaceWorld();
    const sources = ['a', 'b', 'c'].map((name) => {
      world.workload(`of-${name}`, [name]);
      return world.source(name);
    });
    world.settle();
    for (const source of sources) source.content = 2;
    world.run(10 * minuteMs);

    expect(world.started).toHaveLength(3);
    expect(world.mostInFlight).toBe(1);
  });

  it('have each a bound of their own within it', () => {
    const world = new NamespaceWorld();
    const [one, many] = [world.source('one'), world.source('many', { maxConcurrent: 4, canary: { count: 0 } })];
    for (let index = 0; index < 8; index++) world.workload(`app-${index}`, [index % 2 === 0 ? 'one' : 'many']);
    world.settle();
    one.spec = specOf({ mode: 'Restart', canary: { count: 0 } });
    one.content = 2;
    many.content = 2;
    world.run(20_000);

    expect(world.started.toSorted()).toEqual(['app-0', 'app-1', 'app-3', 'app-5']);
    world.run(10 * minuteMs);
    expect(world.started).toHaveLength(8);
    expect(world.mostInFlight).toBe(4);
  });
});
