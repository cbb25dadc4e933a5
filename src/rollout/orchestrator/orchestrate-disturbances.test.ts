import { describe, expect, it } from 'vitest';

import { changedWorld, type Mishap } from '../../../test/fakes/namespace-world.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** As changedWorld, rolled out. */
function rolledOut(count: number, spec: object = {}) {
  const changed = changedWorld(count, spec);
  changed.world.settle();
  changed.world.starts.length = 0;
  changed.world.events.length = 0;
  return changed;
}

describe.for(['Restart', 'Pin'])('an undo (%s)', (mode) => {
  it('is held and told once, and the next version moves on', () => {
    const { world, source, workloads } = rolledOut(3, { mode });
    source.content = 3;
    world.settle();
    workloads[1]?.undo(world.now);
    world.run(24 * hourMs);

    expect(world.started).toHaveLength(3);
    expect(world.eventsOf('RolloutHeld').map(({ workload }) => workload?.name)).toEqual(['app-001']);
    expect(world.statusOf(source)).toMatchObject({ state: 'Held', held: 1, updated: 2 });
    expect(world.statusOf(source).message).toContain('Deployment shop/app-001 was rolled back');
    source.content = 4;
    world.settle();

    expect(world.started).toHaveLength(6);
    expect(world.statusOf(source)).toMatchObject({ state: 'Complete', held: 0, updated: 3 });
  });

  it('does not stand in the way of a version that waits', () => {
    const { world, source, workloads } = rolledOut(1, { mode });
    source.content = 3;
    world.settle();
    workloads[0]?.undo(world.now);
    world.settle();
    expect(world.statusOf(source).workloads).toMatchObject([{ obstacle: 'RolledBack' }]);
    source.isFrozen = true;
    source.content = 4;
    world.settle();

    expect(world.statusOf(source)).toMatchObject({ state: 'Frozen', waiting: 1, held: 0 });
    expect(world.statusOf(source).workloads?.[0]).not.toHaveProperty('obstacle');
  });

  it('that is taken back is over', () => {
    const { world, source, workloads } = rolledOut(2, { mode });
    source.content = 3;
    world.settle();
    workloads[1]?.undo(world.now);
    world.settle();
    workloads[1]?.undo(world.now);
    world.settle();

    expect(world.statusOf(source)).toMatchObject({ state: 'Complete', held: 0 });
    expect(world.started).toHaveLength(2);
  });
});

describe('an annotation that a GitOps tool takes away', () => {
  it('is put back three times, and then is a conflict with its remedy', () => {
    const { world, source, workloads } = rolledOut(1);
    const [web] = workloads;
    for (let minutes = 0; minutes < 24 * 60; minutes += 3) {
      web?.write({}, world.now);
      world.run(3 * minuteMs);
    }

    expect(world.started).toHaveLength(3);
    expect(world.eventsOf('RolloutConflict')).toHaveLength(1);
    expect(world.statusOf(source)).toMatchObject({ state: 'Conflict', held: 1 });
    expect(world.statusOf(source).message).toMatch(/Argo CD: ignoreDifferences .* Flux: no force/);
  });

  it('is put back in its own time, which is told', () => {
    const { world, source, workloads } = rolledOut(1);
    const [web] = workloads;
    web?.write({}, world.now);
    world.run(5 * minuteMs);
    const [first] = world.starts;
    web?.write({}, world.now);
    world.run(minuteMs);
    expect(world.statusOf(source)).toMatchObject({ state: 'InProgress', waiting: 1 });
    expect(world.statusOf(source).message).toMatch(
      /took off the pod template of Deployment shop\/app-000 is put back at/,
    );
    world.run(hourMs);

    expect(world.starts.map(({ at }) => at - (first?.at ?? 0))).toEqual([0, 10 * minuteMs]);
  });

  it('comes back with the next version, once', () => {
    const { world, source, workloads } = rolledOut(1);
    const [web] = workloads;
    for (let minutes = 0; minutes < 24 * 60; minutes += 3) {
      web?.write({}, world.now);
      world.run(3 * minuteMs);
    }
    source.content = 3;
    world.run(minuteMs);
    expect(world.started).toHaveLength(4);
    web?.write({}, world.now);
    world.run(hourMs);

    expect(world.started).toHaveLength(4);
    expect(world.statusOf(source).state).toBe('Conflict');
  });

  it('while it rolls out proves nothing: another canary goes first', () => {
    const { world, source, workloads } = changedWorld(2);
    world.run(15_000);
    workloads[0]?.write({}, world.now);
    world.run(10 * minuteMs);

    expect(world.started).toEqual(['app-000', 'app-001', 'app-000']);
    expect(world.statusOf(source)).toMatchObject({ state: 'Complete', updated: 2 });
  });

  it('is not put back to a version that was stopped', () => {
    const { world, source, workloads } = changedWorld(3);
    const [canary] = workloads;
    if (canary) canary.isBroken = true;
    world.run(10 * minuteMs);
    if (canary) canary.isBroken = false;
    canary?.write({}, world.now);
    world.run(3 * hourMs);

    expect(world.started).toEqual(['app-000']);
    expect(world.statusOf(source).state).toBe('Halted');
  });
});

describe('a crash', () => {
  it.for<readonly [string, Mishap]>([
    ['before the first patch', { patchesSent: 0 }],
    ['between two patches', { patchesSent: 1 }],
    ['after the patches', { isStatusLost: true }],
    ['of the API server, which answers nothing', { isAnswerLost: true }],
  ])('%s in any pass of a rollout restarts nobody twice and loses nobody', ([, mishap]) => {
    for (let pass = 0; pass < 25; pass++) {
      const { world, source } = changedWorld(6, { maxConcurrent: 2, canary: { count: 2, soak: '20s' } });
      for (let before = 0; before < pass; before++) world.run(5000);
      world.step(mishap);
      world.restart();
      world.settle();

      expect(world.started.toSorted()).toEqual(['app-000', 'app-001', 'app-002', 'app-003', 'app-004', 'app-005']);
      expect(world.mostInFlight).toBeLessThanOrEqual(2);
      expect(world.statusOf(source)).toMatchObject({ state: 'Complete', updated: 6 });
    }
  });

  it('leaves a trace in the history all the same', () => {
    const { world, source } = changedWorld(1);
    world.run(4000);
    world.now += 1000;
    world.step({ isStatusLost: true });
    world.restart();
    world.settle();

    expect(world.starts).toHaveLength(1);
    expect(world.statusOf(source).history).toMatchObject([
      { version: source.version, outcome: 'Complete', updated: 1 },
    ]);
  });

  it('that loses all statuses restarts nobody', () => {
    const { world, source } = changedWorld(6);
    world.run(2 * minuteMs);
    const { length } = world.starts;
    source.status = undefined;
    world.restart();
    world.settle();

    expect(world.starts).toHaveLength(length);
    expect(world.statusOf(source)).toMatchObject({ state: 'Complete', total: 6 });
  });

  it('does not let the canary pass for proven', () => {
    const { world, source, workloads } = changedWorld(6);
    const [canary] = workloads;
    if (canary) canary.isBroken = true;
    world.run(4000);
    world.now += 1000;
    world.step({ isStatusLost: true });
    expect(world.started).toEqual(['app-000']);
    world.restart();
    world.settle();

    expect(world.started).toEqual(['app-000']);
    expect(world.statusOf(source)).toMatchObject({ state: 'Halted', failed: 1 });
  });
});

describe('a watch that is behind', () => {
  it('neither ends a rollout before it has begun, nor begins it again', () => {
    const { world, source, workloads } = changedWorld(4, { canary: { count: 0 } });
    for (const workload of workloads) workload.lagMs = 7000;
    world.settle();

    expect(world.started).toEqual(['app-000', 'app-001', 'app-002', 'app-003']);
    expect(world.mostInFlight).toBe(1);
    expect(world.statusOf(source).state).toBe('Complete');
  });
});

describe('workloads that come and go', () => {
  it('are forgotten, or seen for the first time', () => {
    const { world, source, workloads } = rolledOut(3);
    world.workloads.delete(workloads[0]?.key ?? '');
    workloads[1]?.recreate(world.now);
    world.workload('new', ['db']);
    world.settle();

    expect(world.starts).toEqual([]);
    expect(world.statusOf(source)).toMatchObject({ state: 'Complete', total: 3 });
    expect(world.statusOf(source).workloads?.map(({ workload }) => workload)).toEqual([
      'Deployment shop/app-001',
      'Deployment shop/app-002',
      'Deployment shop/new',
    ]);
  });

  it('are no more than a status can hold, and those that are in it stay', () => {
    const { world, source } = rolledOut(2, { canary: { count: 0 }, maxConcurrent: '100%' });
    for (let index = 0; index < 1000; index++) world.workload(`aaa-${index}`, ['db']);
    world.step();
    expect(world.statusOf(source)).toMatchObject({ total: 1000 });
    expect(
      world
        .statusOf(source)
        .workloads?.slice(-2)
        .map(({ workload }) => workload),
    ).toEqual(['Deployment shop/app-000', 'Deployment shop/app-001']);
    expect(world.statusOf(source).message).toContain('2 more workloads are left alone');
  });
});
