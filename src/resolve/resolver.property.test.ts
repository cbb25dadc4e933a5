import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { podCaller } from '../../test/fakes/resolver-under-test.ts';
import { type CallScript, type Command, ResolverWorld } from '../../test/fakes/resolver-world.ts';

const refreshMs = 30_000;
const paths = ['plain', 'other', 'leased'] as const;
/** Two accounts whose pods share, and one whose pods do not. */
const callers = ['web', 'api', 'solo'].flatMap((serviceAccount) =>
  [1, 2, 3].map((index) => podCaller(`${serviceAccount}-${index}`, { serviceAccount })),
);

const callScript: fc.Arbitrary<CallScript> = fc.record({
  caller: fc.constantFrom(...callers),
  paths: fc.uniqueArray(fc.constantFrom(...paths), { minLength: 1 }),
  delivery: fc.constantFrom('first', 'repeat'),
  staleOnFirstMount: fc.constantFrom(false, false, true),
  refreshIntervalMs: fc.constantFrom(0, 1000, refreshMs, refreshMs),
  staleIfErrorMs: fc.constantFrom(0, 60_000, 3_600_000),
});

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('call'), call: callScript }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('advance'),
      ms: fc.constantFrom(1, 500, 1999, 2000, 2001, 5000, 10_000, 29_999, 60_000, 100_000, 1_800_000),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release'), index: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel'), index: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('holds'), fetches: fc.boolean(), logins: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('store'), state: fc.constantFrom('up', 'up', 'down', 'denied') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('logins'), state: fc.constantFrom('up', 'down') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush') }) },
);

describe('whatever the interleaving', () => {
  it('no value crosses accounts, no lease crosses pods, nothing is older than was asked for, and everybody is answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
        const world = new ResolverWorld();
        for (const step of commands) await world.run(step);
        await world.end();

        expect(world.violations).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('repeats cost one fetch per account, request and refresh interval', async () => {
    const step = fc.record({
      caller: fc.constantFrom(...callers.filter(({ serviceAccount }) => serviceAccount !== 'solo')),
      paths: fc.uniqueArray(fc.constantFrom('plain' as const, 'other' as const), { minLength: 1 }),
      afterMs: fc.constantFrom(0, 1, 999, 10_000, 29_999, 30_000),
      isHeld: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const world = new ResolverWorld();
        for (const { caller, paths: asked, afterMs, isHeld } of steps) {
          await world.run({ kind: 'holds', fetches: isHeld, logins: false });
          const freshness = { staleOnFirstMount: false, refreshIntervalMs: refreshMs, staleIfErrorMs: 0 };
          await world.run({ kind: 'call', call: { caller, paths: asked, delivery: 'repeat', ...freshness } });
          await world.run({ kind: 'advance', ms: afterMs });
          if (!isHeld) await world.releaseAll();
        }
        await world.end();

        for (const times of Map.groupBy(world.values, ({ account, path }) => `${account} ${path}`).values()) {
          const gaps = times.slice(1).map(({ sentAtMs }, index) => sentAtMs - (times[index]?.sentAtMs ?? 0));
          expect(gaps.filter((gap) => gap < refreshMs)).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });
});
