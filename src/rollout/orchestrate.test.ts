import { describe, expect, it } from 'vitest';

import { NamespaceWorld } from '../../test/fakes/namespace-world.ts';

const minuteMs = 60_000;

/** A world with so many workloads on one source, whose content has just changed. */
function changed(count: number, spec: object = {}) {
  const world = new NamespaceWorld();
  const source = world.source('db', spec);
  const workloads = Array.from({ length: count }, (_, index) => world.workload(`app-${String(index).padStart(3, '0')}`, ['db']));
  world.settle();
  source.content = 2;
  return { world, source, workloads };
}

describe('200 workloads on one source', () => {
  it('are never more than the bound in flight, and all get the new version once', () => {
    const { world, source } = changed(200, { maxConcurrent: 5 });
    world.run(60 * minuteMs);

    expect(world.statusOf(source)).toMatchObject({ state: 'Complete', total: 200, updated: 200, inProgress: 0, waiting: 0 });
    expect(new Set(world.started).size).toBe(200);
    expect(world.started).toHaveLength(200);
    expect(world.mostInFlight).toBe(5);
    expect(world.eventsOf('RolloutCompleted')).toHaveLength(1);
  });

  it('wait for the canary and its soak', () => {
    const { world, source } = changed(200, { maxConcurrent: 50 });
    world.freeSlots = 50;
    world.run(50_000);

    expect(world.started).toEqual(['app-000']);
    expect(world.statusOf(source)).toMatchObject({ state: 'Soaking', updated: 1, waiting: 199 });
    world.run(10_000);
    expect(world.started).toHaveLength(51);
    expect(world.statusOf(source).state).toBe('InProgress');
  });

  it('stay as they are when the canary fails', () => {
    const { world, source, workloads } = changed(200, { maxConcurrent: 50 });
    for (const workload of workloads) workload.isBroken = true;
    world.run(120 * minuteMs);

    expect(world.started).toEqual(['app-000']);
    expect(world.statusOf(source)).toMatchObject({
      state: 'Halted',
      failed: 1,
      waiting: 199,
      halted: { workload: 'Deployment shop/app-000', reason: 'CrashLoopBackOff', version: source.version },
      history: [{ outcome: 'Halted', failed: 1, updated: 0 }],
    });
    expect(world.statusOf(source).message).toContain(`lockstep.dev/resume=${source.version}`);
    expect(world.eventsOf('RolloutHalted')).toHaveLength(2);
  });

  it('stay within what the cluster has left', () => {
    const { world } = changed(200, { maxConcurrent: '100%', canary: { count: 0 } });
    world.freeSlots = 3;
    world.run(5 * minuteMs);

    expect(world.mostInFlight).toBe(3);
  });
});
