import { describe, expect, it } from 'vitest';

import { changedWorld, NamespaceWorld } from '../../../test/fakes/namespace-world.ts';

const minuteMs = 60_000;

describe('200 workloads on one source', () => {
  it('are never more than the bound in flight, and all get the new version once', () => {
    const { world, source } = changedWorld(200, { maxConcurrent: 10 });
    world.run(60 * minuteMs);

    expect(world.statusOf(source)).toMatchObject({
      state: 'Complete',
      total: 200,
      updated: 200,
      inProgress: 0,
      waiting: 0,
    });
    expect(new Set(world.started).size).toBe(200);
    expect(world.started).toHaveLength(200);
    expect(world.mostInFlight).toBe(10);
    expect(world.eventsOf('RolloutCompleted')).toHaveLength(1);
  });

  it('wait for the canary and its soak', () => {
    const { world, source } = changedWorld(200, { maxConcurrent: 50 });
    world.freeSlots = 50;
    world.run(50_000);

    expect(world.started).toEqual(['app-000']);
    expect(world.statusOf(source)).toMatchObject({ state: 'Soaking', updated: 1, waiting: 199 });
    world.run(10_000);
    expect(world.started).toHaveLength(51);
    expect(world.statusOf(source).state).toBe('InProgress');
  });

  it('stay as they are when the canary fails', () => {
    const { world, source, workloads } = changedWorld(200, { maxConcurrent: 50 });
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
    const { world } = changedWorld(200, { maxConcurrent: '100%', canary: { count: 0 } });
    world.freeSlots = 3;
    world.run(5 * minuteMs);

    expect(world.mostInFlight).toBe(3);
  });
});

describe('a rollout', () => {
  it('restarts nothing when everything is seen for the first time', () => {
    const world = new NamespaceWorld();
    const source = world.source('db');
    world.workload('web', ['db']);
    world.settle();

    expect(world.starts).toEqual([]);
    expect(world.statusOf(source)).toMatchObject({ state: 'Complete', total: 1, updated: 1 });
    expect(world.events).toEqual([]);
  });

  it('tells how far it is, and how long it will take', () => {
    const { world, source, workloads } = changedWorld(10, { canary: { count: 0 } });
    const begun = world.now;
    world.run(60_000);
    const status = world.statusOf(source);

    expect(status).toMatchObject({ state: 'InProgress', total: 10, version: source.version, inProgress: 1 });
    expect(status.updated + status.inProgress + status.waiting).toBe(10);
    const estimated = Date.parse(status.estimatedCompletion ?? '');
    world.run(10 * minuteMs);
    const last = world.starts.at(-1)?.at ?? 0;
    expect(Math.abs(estimated - last)).toBeLessThan(2 * minuteMs);
    expect(last - begun).toBeLessThan(workloads.length * 25_000);
    expect(world.statusOf(source)).not.toHaveProperty('estimatedCompletion');
  });

  it('is told on the source and on each workload', () => {
    const { world } = changedWorld(2);
    world.run(10 * minuteMs);

    expect(world.events.map(({ reason, workload }) => [reason, workload?.name])).toEqual([
      ['RolloutStarted', undefined],
      ['RolloutStarted', 'app-000'],
      ['RolloutStarted', 'app-001'],
      ['RolloutCompleted', undefined],
    ]);
    // On the source several are of one reason.
    const ofWorkloads = world.events.filter(({ workload }) => workload !== undefined);
    expect(ofWorkloads.every(({ note, workload }) => note.includes(workload?.key ?? '?'))).toBe(true);
  });

  it('goes by the order of the workloads: a wave begins when the one before it is done', () => {
    const world = new NamespaceWorld();
    const source = world.source('db', { maxConcurrent: 10, canary: { count: 0 } });
    for (const [name, order] of [
      ['a', 2],
      ['b', 1],
      ['c', 0],
      ['d', 1],
    ] as const) {
      world.workload(name, ['db'], { order });
    }
    world.settle();
    source.content = 2;
    world.run(10 * minuteMs);

    expect(world.started).toEqual(['c', 'b', 'd', 'a']);
    const [c = 0, b = 0, d = 0, a = 0] = world.starts.map(({ at }) => at);
    expect([b - c, d - b, a - d]).toEqual([20_000, 0, 20_000]);
  });

  it('rises above its bound to meet the deadline, once the canary has shown how long one takes', () => {
    const { world } = changedWorld(41, { maxConcurrent: 1, deadline: '5m' });
    world.run(5 * minuteMs + 5000);

    expect(world.started).toHaveLength(41);
    expect(world.starts[1]?.at).toBeGreaterThan((world.starts[0]?.at ?? 0) + 50_000 - 1);
    expect(world.mostInFlight).toBeGreaterThan(2);
    expect(world.mostInFlight).toBeLessThan(7);
  });

  it('takes a share of the workloads at a time', () => {
    const { world } = changedWorld(10, { maxConcurrent: '35%', canary: { count: 0 } });
    world.run(10 * minuteMs);

    expect(world.started).toHaveLength(10);
    expect(world.mostInFlight).toBe(3);
  });

  it('has as many canaries as asked for', () => {
    const { world } = changedWorld(10, { maxConcurrent: 10, canary: { count: 3, soak: '5m' } });
    world.run(5 * minuteMs);
    expect(world.started).toEqual(['app-000', 'app-001', 'app-002']);
    world.run(minuteMs);
    expect(world.started).toHaveLength(10);
  });

  it('of one workload is complete without a soak', () => {
    const { world, source } = changedWorld(1, { canary: { soak: '1h' } });
    world.run(30_000);

    expect(world.statusOf(source).state).toBe('Complete');
  });

  it('leaves out what is Off, and tells Notify what has changed', () => {
    const world = new NamespaceWorld();
    const source = world.source('db', { mode: 'Notify' });
    world.workload('off', ['db'], { mode: 'Off' });
    world.workload('told', ['db']);
    world.workload('restarted', ['db'], { mode: 'Restart' });
    world.settle();
    source.content = 2;
    world.run(minuteMs);

    expect(world.started).toEqual(['restarted']);
    expect(world.eventsOf('SecretChanged')).toMatchObject([
      { workload: { name: 'told' }, note: 'changed for Deployment shop/told: db' },
    ]);
    expect(world.statusOf(source)).toMatchObject({ total: 2, updated: 2 });
  });

  it('says nothing about a source that is Off', () => {
    const world = new NamespaceWorld();
    const source = world.source('db', { mode: 'Off' });
    world.workload('web', ['db']);
    world.settle();

    expect(source.status).toBeUndefined();
  });
});
