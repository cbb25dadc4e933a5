import { describe, expect, it } from 'vitest';

import { changedWorld, NamespaceWorld } from '../../../test/fakes/namespace-world.ts';

const minuteMs = 60_000;

describe('workloads that were ill before', () => {
  function withIll() {
    const world = new NamespaceWorld();
    const source = world.source('db');
    const ill = world.workload('a-development', ['db']);
    for (const name of ['b', 'c']) world.workload(name, ['db']);
    world.settle();
    ill.isBroken = true;
    ill.write({}, world.now);
    world.run(20 * minuteMs);
    source.content = 2;
    return { world, source, ill };
  }

  it('are no canary, go last, strand nobody and count for nothing', () => {
    const { world, source } = withIll();
    world.run(30 * minuteMs);

    expect(world.started).toEqual(['b', 'c', 'a-development']);
    expect(world.statusOf(source)).toMatchObject({ state: 'Complete', updated: 2, failed: 1 });
    expect(world.eventsOf('RolloutHalted')).toEqual([]);
  });

  it('are updated like all others once they recover by that', () => {
    const { world, source, ill } = withIll();
    ill.isBroken = false;
    world.run(30 * minuteMs);

    expect(world.statusOf(source)).toMatchObject({ state: 'Complete', updated: 3 });
  });

  it('begin at once when there are no others', () => {
    const { world, source, workloads } = changedWorld(1);
    const [only] = workloads;
    if (only) only.isBroken = true;
    world.run(20 * minuteMs);
    if (only) only.isBroken = false;
    source.content = 3;
    world.run(minuteMs);

    expect(world.starts).toHaveLength(2);
    expect(world.statusOf(source).state).toBe('Complete');
  });

  it('are not patched any more when their old revisions pile up', () => {
    const { world, source, ill } = withIll();
    ill.revisions = 13;
    world.run(30 * minuteMs);

    expect(world.started).toEqual(['b', 'c']);
    expect(world.statusOf(source)).toMatchObject({ state: 'InProgress', waiting: 1 });
    expect(world.statusOf(source).message).toContain('a-development is not healthy and has more old revisions');
  });

  it('are told from those that roll out a change of their own, which are waited for', () => {
    const { world, workloads } = changedWorld(3);
    const [busy] = workloads;
    if (busy) busy.durationMs = 5 * minuteMs;
    busy?.write({}, world.now);
    world.run(4 * minuteMs);
    expect(world.started).toEqual(['app-001', 'app-002']);
    world.run(5 * minuteMs);
    expect(world.started).toEqual(['app-001', 'app-002', 'app-000']);
  });

  it('are also those whose own change never ends', () => {
    const { world, workloads } = changedWorld(2);
    const [busy] = workloads;
    if (busy) busy.durationMs = 60 * minuteMs;
    busy?.write({}, world.now);
    world.run(15 * minuteMs);

    expect(world.started).toEqual(['app-001', 'app-000']);
  });
});

describe('a workload that our rollout broke', () => {
  it('keeps nobody of a later order waiting while it heals', () => {
    const world = new NamespaceWorld();
    const source = world.source('db', { maxConcurrent: 2 });
    const broken = world.workload('z', ['db'], { order: 0 });
    for (const name of ['a', 'b', 'c']) world.workload(name, ['db'], { order: 1 });
    world.settle();
    broken.isBroken = true;
    source.content = 2;
    world.run(5 * minuteMs);
    expect(world.statusOf(source).state).toBe('Halted');
    Object.assign(broken, { isBroken: false, durationMs: 5 * minuteMs });
    source.content = 3;
    world.run(3 * minuteMs);

    expect(world.started).toEqual(['z', 'a', 'b', 'z', 'c']);
  });
});

describe('a CronJob', () => {
  it('gets its pin without being a canary, and is done with that', () => {
    const world = new NamespaceWorld();
    const source = world.source('db', { mode: 'Pin' });
    const job = world.workload('a-job', ['db'], { kind: 'CronJob' });
    world.workload('web', ['db']);
    world.settle();
    source.content = 2;
    world.run(30_000);
    expect(world.started).toEqual(['web']);
    world.run(10 * minuteMs);

    expect(world.started).toEqual(['web', 'a-job']);
    expect(job.annotations).toEqual({ 'lockstep.dev/pins': 'db=db-000000000002' });
    expect(world.statusOf(source)).toMatchObject({ state: 'Complete', updated: 2 });
  });

  it('needs no canary where there are only others like it', () => {
    const world = new NamespaceWorld();
    const source = world.source('db', { mode: 'Pin' });
    for (const name of ['a', 'b']) world.workload(name, ['db'], { kind: 'CronJob' });
    world.settle();
    source.content = 2;
    world.run(10_000);

    expect(world.started).toEqual(['a', 'b']);
  });
});
