import { describe, expect, it } from 'vitest';

import { changedWorld } from '../../../test/fakes/namespace-world.ts';

const minuteMs = 60_000;

describe('a failure', () => {
  it('stops what has not begun, and those in flight go on to their end', () => {
    const { world, source, workloads } = changedWorld(20, { maxConcurrent: 5 });
    const [, , broken] = workloads;
    if (broken) broken.isBroken = true;
    world.run(30 * minuteMs);

    expect(world.started).toHaveLength(1 + 5);
    expect(world.statusOf(source)).toMatchObject({
      state: 'Halted',
      updated: 5,
      failed: 1,
      waiting: 14,
      inProgress: 0,
    });
  });

  it('is allowed as often as maxFailures says', () => {
    const { world, source, workloads } = changedWorld(20, { maxConcurrent: 2, maxFailures: 2 });
    for (const workload of workloads.slice(5, 8)) workload.isBroken = true;
    world.run(30 * minuteMs);

    expect(world.started).toHaveLength(9);
    expect(world.statusOf(source)).toMatchObject({ state: 'Halted', failed: 3, updated: 6 });
    expect(world.eventsOf('RolloutFailed').map(({ workload }) => workload?.name)).toEqual([
      'app-005',
      'app-006',
      'app-007',
    ]);
  });

  it('of a canary stops everything, whatever maxFailures says', () => {
    const { world, source, workloads } = changedWorld(5, { maxFailures: 3 });
    const [canary] = workloads;
    if (canary) canary.isBroken = true;
    world.run(30 * minuteMs);

    expect(world.started).toEqual(['app-000']);
    expect(world.statusOf(source).state).toBe('Halted');
  });

  it('of a canary counts as long as it is soaking', () => {
    const { world, source, workloads } = changedWorld(5, { canary: { soak: '5m' } });
    const [canary] = workloads;
    world.run(2 * minuteMs);
    expect(world.statusOf(source)).toMatchObject({ state: 'Soaking', updated: 1 });
    canary?.crash();
    world.run(30 * minuteMs);

    expect(world.started).toEqual(['app-000']);
    expect(world.statusOf(source)).toMatchObject({ state: 'Halted', halted: { reason: 'CrashLoopBackOff' } });
  });

  it('of the only workload is told, too', () => {
    const { world, source, workloads } = changedWorld(1);
    const [only] = workloads;
    if (only) only.isBroken = true;
    world.run(30 * minuteMs);

    expect(world.statusOf(source)).toMatchObject({ state: 'Halted', failed: 1 });
  });

  it('stays one across a restart of the controller', () => {
    const { world, workloads } = changedWorld(5);
    for (const workload of workloads) workload.isBroken = true;
    world.run(5 * minuteMs);
    world.restart();
    world.run(60 * minuteMs);

    expect(world.started).toEqual(['app-000']);
  });

  it('is lifted by the next version, which heals what is broken right after its canary', () => {
    const { world, source, workloads } = changedWorld(5);
    const broken = workloads[3];
    if (broken) broken.isBroken = true;
    world.run(10 * minuteMs);
    expect(world.statusOf(source).state).toBe('Halted');
    if (broken) broken.isBroken = false;
    source.content = 3;
    world.run(30 * minuteMs);

    expect(world.started.slice(4)).toEqual(['app-000', 'app-003', 'app-001', 'app-002', 'app-004']);
    expect(world.statusOf(source)).toMatchObject({
      state: 'Complete',
      updated: 5,
      history: [{ outcome: 'Complete' }, { outcome: 'Halted', endedAt: expect.any(String) }],
    });
    expect(world.statusOf(source)).not.toHaveProperty('halted');
  });

  it('is passed over when somebody says so, for as long as they say so', () => {
    const { world, source, workloads } = changedWorld(10);
    for (const workload of workloads.slice(0, 2)) workload.isBroken = true;
    world.run(5 * minuteMs);
    source.resume = source.version;
    world.run(minuteMs + 30_000);
    const { length } = world.started;
    expect(length).toBeGreaterThan(2);
    source.resume = undefined;
    world.run(10 * minuteMs);
    expect(world.statusOf(source).state).toBe('Halted');
    expect(world.started).toHaveLength(length);

    source.resume = source.version;
    world.run(30 * minuteMs);
    expect(world.started).toHaveLength(10);
    expect(world.statusOf(source)).toMatchObject({ state: 'Complete', failed: 2, updated: 8 });
  });

  it('is noticed after ten minutes without progress where nothing else tells of it', () => {
    const { world, source, workloads } = changedWorld(3);
    for (const workload of workloads) workload.durationMs = 60 * minuteMs;
    world.run(9 * minuteMs);
    expect(world.statusOf(source).state).toBe('InProgress');
    world.run(3 * minuteMs);

    expect(world.statusOf(source)).toMatchObject({ state: 'Halted', halted: { reason: 'RolloutTimeout' } });
  });

  it('is none as long as something moves', () => {
    const { world, source, workloads } = changedWorld(1);
    const [slow] = workloads;
    if (slow) Object.assign(slow, { durationMs: 60 * minuteMs, replicas: 12 });
    world.run(61 * minuteMs);

    expect(world.statusOf(source)).toMatchObject({ state: 'Complete', failed: 0 });
  });

  it('of a rollout that somebody undid while it went on is taken as their word on the version', () => {
    const { world, source, workloads } = changedWorld(5);
    world.settle();
    source.content = 3;
    world.run(10_000);
    workloads[0]?.undo(world.now);
    world.run(30 * minuteMs);

    expect(world.started.slice(5)).toEqual(['app-000']);
    expect(world.statusOf(source)).toMatchObject({
      state: 'Halted',
      held: 1,
      waiting: 4,
      halted: { reason: 'RolledBack' },
    });
  });

  it('keeps the version stopped even when the workload is deleted', () => {
    const { world, source, workloads } = changedWorld(5);
    const [canary] = workloads;
    if (canary) canary.isBroken = true;
    world.run(5 * minuteMs);
    world.workloads.delete(canary?.key ?? '');
    world.run(30 * minuteMs);

    expect(world.started).toEqual(['app-000']);
    expect(world.statusOf(source)).toMatchObject({ state: 'Halted', total: 4, waiting: 4 });
  });

  it('is also a canary that is not healthy when its soak ends, and does not become so', () => {
    const { world, source, workloads } = changedWorld(5);
    const [canary] = workloads;
    world.run(40_000);
    if (canary) canary.durationMs = 60 * minuteMs;
    world.run(5 * minuteMs);
    expect(world.started).toEqual(['app-000']);
    expect(world.statusOf(source)).toMatchObject({
      state: 'Soaking',
      message: expect.stringMatching(
        /^version \w+ waits for its first workloads, which are not healthy: Deployment shop\/app-000; it is stopped at .*Z if/,
      ),
    });
    world.run(10 * minuteMs);

    expect(world.started).toEqual(['app-000']);
    expect(world.statusOf(source)).toMatchObject({ state: 'Halted', halted: { reason: 'Unhealthy' } });
  });

  it('is no proof by a canary that is healthy at moments only: its soak begins anew', () => {
    const { world, source, workloads } = changedWorld(5);
    const [canary] = workloads;
    const be = (isUp: boolean, ms: number): void => {
      if (canary) canary.durationMs = isUp ? 20_000 : 60 * minuteMs;
      world.run(ms);
    };
    world.run(40_000);
    for (let turn = 0; turn < 5; turn++) {
      be(false, 25_000);
      be(true, 2000);
      expect(world.started).toEqual(['app-000']);
    }
    expect(world.statusOf(source)).toMatchObject({
      state: 'Soaking',
      message: expect.stringContaining('is watched on its first workloads until'),
      workloads: expect.arrayContaining([
        expect.objectContaining({
          rollout: expect.objectContaining({ soak: { since: expect.any(String), isWell: true } }),
        }),
      ]),
    });
    world.run(20_000);
    expect(world.started).toEqual(['app-000']);
    world.run(15_000);

    expect(world.started.length).toBeGreaterThan(1);
  });

  it('is also a canary that is never healthy for long', () => {
    const { world, source, workloads } = changedWorld(5);
    const [canary] = workloads;
    world.run(40_000);
    for (let turn = 0; turn < 30 && world.statusOf(source).state !== 'Halted'; turn++) {
      if (canary) canary.durationMs = turn % 2 === 0 ? 60 * minuteMs : 20_000;
      world.run(25_000);
    }

    expect(world.started).toEqual(['app-000']);
    expect(world.statusOf(source)).toMatchObject({ state: 'Halted', halted: { reason: 'Unhealthy' } });
  });
});
