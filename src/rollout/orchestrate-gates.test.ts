import { describe, expect, it } from 'vitest';

import { changedWorld, NamespaceWorld, specOf } from '../../test/fakes/namespace-world.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

describe('a change', () => {
  it('settles for five seconds before anything begins', () => {
    const { world, source } = changedWorld(1);
    const changedAt = world.now;
    world.run(4 * secondMs);
    expect(world.starts).toEqual([]);
    expect(world.statusOf(source)).toMatchObject({ state: 'Settling', waiting: 1, version: source.version });
    world.run(minuteMs);

    expect(world.starts).toEqual([{ name: 'app-000', at: changedAt + 5 * secondMs }]);
  });

  it('begins to settle anew with each further change', () => {
    const { world, source } = changedWorld(1);
    for (const content of [3, 4, 5]) {
      world.run(4 * secondMs);
      source.content = content;
    }
    world.run(minuteMs);

    expect(world.starts).toHaveLength(1);
  });

  it('that goes on and on counts as settled after a minute', () => {
    const { world, source } = changedWorld(1);
    const changedAt = world.now;
    for (let second = 0; second < 90; second++) {
      source.content = 2 + second;
      world.run(secondMs);
    }

    expect(world.starts).toEqual([{ name: 'app-000', at: changedAt + minuteMs }]);
  });

  it('there and back before it has settled is none', () => {
    const { world, source } = changedWorld(1);
    world.run(2 * secondMs);
    source.content = 1;
    world.run(hourMs);

    expect(world.starts).toEqual([]);
    expect(world.statusOf(source).state).toBe('Complete');
  });

  it('of a source whose content cannot be known waits, and says why', () => {
    const { world, source } = changedWorld(2, { canary: { count: 0 } });
    world.run(10 * secondMs);
    source.content = undefined;
    world.run(hourMs);
    expect(world.starts).toHaveLength(1);

    source.content = 2;
    world.run(hourMs);
    expect(world.starts).toHaveLength(2);
    expect(world.statusOf(source).state).toBe('Complete');
  });
});

describe('a source that flaps', () => {
  it.for([1, 2, 5])('every second for a minute, through %d contents, is rolled out once per cooldown', (contents) => {
    const { world, source, workloads } = changedWorld(1);
    const [web] = workloads;
    const begun = world.now;
    for (let second = 0; second < 60; second++) {
      source.content = 10 + (second % (contents + 1));
      world.run(secondMs);
    }
    expect(world.starts.length).toBeLessThanOrEqual(1);
    source.content = 99;
    world.run(hourMs);

    const [first = 0, second = Infinity, ...more] = world.starts.map(({ at }) => at - begun);
    expect(first).toBeLessThanOrEqual(minuteMs + 5 * secondMs);
    expect(second - first).toBeGreaterThanOrEqual(5 * minuteMs);
    expect(more).toEqual([]);
    expect(web?.annotations).toEqual({ 'lockstep.dev/secret-hashes': 'kid=aaaaaaaa;db=000000000099' });
  });

  it('for hours is rolled out less and less', () => {
    const { world, source } = changedWorld(1);
    let content = 10;
    const until = world.now + 6 * hourMs;
    while (world.now < until) {
      source.content = content++;
      world.run(10 * secondMs);
    }

    expect(world.starts.length).toBeLessThan(6 * 7);
    const first = world.starts[0]?.at ?? 0;
    expect(world.starts.filter(({ at }) => at < first + hourMs).length).toBeLessThan(8);
    expect(world.statusOf(source).state).toBe('CoolingDown');
    expect(world.statusOf(source).message).toMatch(/the content keeps changing: .* waits until 2026-01-05T/);
  });

  it('is not a source that changes now and then, nor one whose new version mends a broken one', () => {
    const { world, source } = changedWorld(1);
    for (const content of [3, 4]) {
      world.run(minuteMs);
      source.content = content;
    }
    world.run(minuteMs);

    expect(world.starts).toHaveLength(3);
  });

  it('begins at once when somebody says so', () => {
    const { world, source } = changedWorld(1);
    for (const content of [3, 4, 5]) {
      world.run(minuteMs);
      source.content = content;
    }
    world.run(minuteMs);
    expect(world.statusOf(source).state).toBe('CoolingDown');
    source.resume = source.version;
    world.run(minuteMs);

    expect(world.statusOf(source).state).toBe('Complete');
  });
});

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
