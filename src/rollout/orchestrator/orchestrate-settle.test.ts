import { describe, expect, it } from 'vitest';

import { changedWorld, specOf } from '../../../test/fakes/namespace-world.ts';

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

  it('settles by itself, whatever came and settled before while nobody looked', () => {
    const { world, source } = changedWorld(1, { mode: 'Notify' });
    world.step();
    expect(world.statusOf(source).changingSince).toBeDefined();
    world.restart();
    world.now += hourMs;
    source.content = 3;
    source.spec = specOf({ mode: 'Restart' });
    world.step();
    const changedAt = world.now;
    source.content = 4;
    world.run(minuteMs);

    expect(world.starts).toEqual([{ name: 'app-000', at: changedAt + 5 * secondMs }]);
    expect(world.statusOf(source).history?.[0]).not.toHaveProperty('isRestless');
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
    expect(world.statusOf(source)).toMatchObject({ state: 'ContentUnknown', updated: 1, waiting: 1 });
    expect(world.statusOf(source).history?.[0]).not.toHaveProperty('endedAt');

    source.content = 2;
    source.isPartlyKnown = true;
    world.run(hourMs);
    expect(world.starts).toHaveLength(1);
    expect(world.statusOf(source)).toMatchObject({ state: 'ContentUnknown', waiting: 1 });

    source.isPartlyKnown = false;
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
    expect(world.statusOf(source)).toMatchObject({
      state: 'CoolingDown',
      message: expect.stringContaining('lockstep.dev/approve='),
    });
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
