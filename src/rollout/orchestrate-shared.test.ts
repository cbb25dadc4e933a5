import { describe, expect, it } from 'vitest';

import { NamespaceWorld } from '../../test/fakes/namespace-world.ts';

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
    const { world, db, tls } = shared({ mode, canary: { count: 0 } }, { mode });
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
    web?.write({}, world.now);
    db.content = 3;
    world.run(20 * minuteMs);

    expect(world.eventsOf('RolloutHeld')).toEqual([]);
    expect(web?.annotations).toEqual({
      'lockstep.dev/secret-hashes': 'kid=aaaaaaaa;db=000000000003,tls=000000000002',
    });
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
});
