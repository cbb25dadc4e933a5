import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Mishap, NamespaceWorld } from '../../../test/fakes/namespace-world.ts';

const minuteMs = 60_000;
const names = ['a', 'b', 'c', 'd', 'e', 'f'];

/** What a controller meets with: a pass that goes wrong, and how long it is gone after it. */
const trouble = fc.record({
  mishap: fc.constantFrom<Mishap[]>(
    {},
    { patchesSent: 0 },
    { patchesSent: 1 },
    { isStatusLost: true },
    { isAnswerLost: true },
  ),
  goneMs: fc.constantFrom(0, 500, 3000, 20_000, 90_000),
});

const setting = fc.record({
  mode: fc.constantFrom('Restart', 'Pin'),
  maxConcurrent: fc.integer({ min: 1, max: 4 }),
  canary: fc.record({ count: fc.integer({ min: 0, max: 2 }), soak: fc.constantFrom('0s', '10s', '30s') }),
});

const shape = fc.record({
  order: fc.integer({ min: 0, max: 1 }),
  durationMs: fc.constantFrom(0, 1000, 20_000, 90_000),
  lagMs: fc.constantFrom(0, 0, 1500),
  readsBoth: fc.boolean(),
});

describe('a rollout through crashes at any point', () => {
  it('ends the same: all have both contents, nobody was restarted twice for one, and the bound held', () => {
    fc.assert(
      fc.property(
        fc.tuple(setting, setting),
        fc.array(shape, { minLength: names.length, maxLength: names.length }),
        fc.array(trouble, { maxLength: 25 }),
        fc.integer({ min: 0, max: 60_000 }),
        ([one, other], shapes, troubles, betweenMs) => {
          const world = new NamespaceWorld();
          const [db, tls] = [world.source('db', one), world.source('tls', other)];
          for (const [index, { readsBoth, lagMs, ...parts }] of shapes.entries()) {
            const secrets = readsBoth ? ['db', 'tls'] : ['db'];
            Object.assign(world.workload(names[index] ?? '', secrets, parts), { lagMs });
          }
          world.settle();
          db.content = 2;
          world.run(betweenMs);
          tls.content = 2;
          for (const { mishap, goneMs } of troubles) {
            world.step(mishap);
            if (Object.keys(mishap).length > 0) world.restart();
            world.now += goneMs;
          }
          world.run(30 * minuteMs);

          for (const { name, secrets } of world.workloads.values()) {
            // Two changes of two sources.
            expect(world.started.filter((started) => started === name).length).toBeLessThanOrEqual(secrets.length);
          }
          const annotations = [...world.workloads.values()].map((workload) =>
            Object.values(workload.annotations).join(),
          );
          expect(annotations.every((text) => /db=(db-)?0{11}2/.test(text))).toBe(true);
          expect(world.mostInFlight).toBeLessThanOrEqual(Math.max(one.maxConcurrent, other.maxConcurrent));
          expect(world.statusOf(db)).toMatchObject({ state: 'Complete', updated: names.length });
          expect(world.events.filter(({ type }) => type === 'Warning')).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
