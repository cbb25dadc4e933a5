import { describe, expect, it } from 'vitest';

import { changedWorld, NamespaceWorld, specOf } from '../../../test/fakes/namespace-world.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

describe('approval', () => {
  it('of the very version is waited for', () => {
    const { world, source } = changedWorld(2, { approval: 'Manual' });
    world.run(hourMs);
    expect(world.statusOf(source)).toMatchObject({ state: 'AwaitingApproval', waiting: 2 });
    expect(world.statusOf(source).message).toContain(
      'kubectl annotate spcsync db --namespace=shop --overwrite lockstep.dev/approve=000000000002',
    );
    source.approve = '000000000001';
    world.run(hourMs);
    expect(world.starts).toEqual([]);

    source.approve = source.version;
    world.run(hourMs);
    expect(world.statusOf(source).state).toBe('Complete');
    source.content = 3;
    world.run(hourMs);
    expect(world.starts).toHaveLength(2);
  });
});

describe('windows', () => {
  const atNight = { windows: [{ schedule: '0 2 * * *', duration: '2h', timeZone: 'Europe/Paris' }] };

  it('are waited for, across restarts of the controller', () => {
    // Noon in London.
    const { world, source } = changedWorld(3, atNight);
    world.run(10 * minuteMs);
    expect(world.statusOf(source)).toMatchObject({ state: 'AwaitingWindow', waiting: 3 });
    expect(world.statusOf(source).message).toContain('2026-01-06T01:00:00Z');
    world.restart();
    world.run(24 * hourMs);

    expect(world.started).toHaveLength(3);
    expect(world.starts[0]?.at).toBe(Date.parse('2026-01-06T01:00:00Z'));
  });

  it('that close leave the rest for the next one', () => {
    const windows = [{ schedule: '0 2 * * *', duration: '1m' }];
    const { world, source } = changedWorld(6, { windows, canary: { count: 0 } });
    world.run(15 * hourMs);
    const { length } = world.started;
    expect(length).toBeGreaterThan(1);
    expect(length).toBeLessThan(6);
    expect(world.statusOf(source).state).toBe('AwaitingWindow');
    world.run(48 * hourMs);

    expect(world.started).toHaveLength(6);
  });

  it('that never open are named', () => {
    const { world, source } = changedWorld(1, { windows: [{ schedule: '0 0 30 2 *', duration: '1h' }] });
    world.run(hourMs);

    expect(world.statusOf(source).message).toContain('none ever opens');
  });
});

describe('what is frozen', () => {
  it('begins nothing, and what goes on comes to its end', () => {
    const { world, source } = changedWorld(3);
    world.run(10 * secondMs);
    source.isFrozen = true;
    world.run(hourMs);
    expect(world.started).toEqual(['app-000']);
    expect(world.statusOf(source)).toMatchObject({ state: 'Frozen', updated: 1, waiting: 2 });

    source.isFrozen = false;
    world.run(hourMs);
    expect(world.started).toHaveLength(3);
  });

  it('is left out when it is a workload, and the others go on', () => {
    const { world, source, workloads } = changedWorld(3);
    const [frozen] = workloads;
    if (frozen) frozen.isFrozen = true;
    world.run(hourMs);
    expect(world.started).toEqual(['app-001', 'app-002']);
    expect(world.statusOf(source)).toMatchObject({ state: 'Frozen', waiting: 1 });
    expect(world.statusOf(source).message).toContain('Deployment shop/app-000 is frozen');

    if (frozen) frozen.isFrozen = false;
    world.run(hourMs);
    expect(world.statusOf(source).state).toBe('Complete');
  });

  it('is told of nothing in Notify, until it is not any more', () => {
    const world = new NamespaceWorld();
    const source = world.source('db', { mode: 'Notify' });
    const web = world.workload('web', ['db']);
    world.settle();
    web.isFrozen = true;
    source.content = 2;
    world.run(hourMs);
    expect(world.events).toEqual([]);
    web.isFrozen = false;
    world.run(hourMs);

    expect(world.eventsOf('SecretChanged')).toHaveLength(1);
  });
});

describe('a paused workload', () => {
  it('is left alone and named, and the others go on', () => {
    const { world, source, workloads } = changedWorld(3);
    const [paused] = workloads;
    if (paused) paused.isPaused = true;
    world.run(hourMs);
    expect(world.started).toEqual(['app-001', 'app-002']);
    expect(world.statusOf(source).message).toContain('Deployment shop/app-000 is paused');

    if (paused) paused.isPaused = false;
    world.run(hourMs);
    expect(world.statusOf(source).state).toBe('Complete');
  });
});

describe('a spec that changes', () => {
  it('counts at once', () => {
    const { world, source } = changedWorld(30, { canary: { soak: '10h' } });
    world.run(hourMs);
    expect(world.started).toHaveLength(1);
    source.spec = specOf({ mode: 'Restart', maxConcurrent: 10, canary: { count: 0 } });
    world.run(5 * minuteMs);

    expect(world.statusOf(source).state).toBe('Complete');
  });
});
