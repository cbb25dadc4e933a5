import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RolloutWorld } from '../../test/fakes/rollout-world.ts';
import type { RolloutMode } from './workloads/mode-label.ts';

/** What may happen between two looks; each with how many rollouts it may bring at most. */
type Happening = readonly [name: string, allowed: number, happen: (world: RolloutWorld) => void];

const secrets = ['db', 'tls'] as const;
const contents = [1, 2, 3, undefined] as const;

const happenings: fc.Arbitrary<Happening> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...secrets), fc.constantFrom(...contents))
    .map(([name, content]): Happening => [`${name}=${content}`, 1, (world) => world.contents.set(name, content)]),
  fc.constantFrom<Happening[]>(
    ['tls gone', 0, (world) => world.contents.delete('tls')],
    ['undo', 1, (world) => world.undo()],
    ['undo twice', 1, (world) => world.undo(2)],
    ['taken away', 1, (world) => world.write({})],
    ['from elsewhere', 1, (world) => world.write({ 'lockstep.dev/secret-hashes': 'kid=cccccccc;db=000000000001' })],
    ['malformed', 1, (world) => world.write({ 'lockstep.dev/secret-hashes': 'x', 'lockstep.dev/pins': 'db=tls' })],
    ['edit', 1, (world) => world.edit('password')],
    ['edit back', 1, (world) => world.edit('user')],
    ['another key', 0, (world) => void (world.keyId = world.keyId === 'aaaaaaaa' ? 'bbbbbbbb' : 'aaaaaaaa')],
    ['ledger lost', 0, (world) => void (world.ledger = undefined)],
    ['made again', 0, (world) => world.recreate()],
    ['an hour', 0, (world) => void (world.now += 3_600_000)],
    ['a look', 0, (world) => void world.step()],
    ['a crash after the patch', 0, crash],
  ),
  fc
    .constantFrom<RolloutMode>('Off', 'Notify', 'Restart', 'Pin')
    .map((mode): Happening => [mode, 0, (world) => void (world.mode = mode)]),
);
const histories = fc.array(happenings, { maxLength: 12 });

describe('decideWorkload, whatever has happened', () => {
  it('says nothing more once what it says was done', () => {
    each((world) => {
      const decision = world.step();
      const again = world.step();
      const stays = ['held', 'conflict'].includes(decision.kind) ? decision.kind : 'current';
      expect(again.kind).toBe(stays);
      world.now += 30 * 24 * 3_600_000;
      expect(world.step()).toEqual(again);
    });
  });

  it('never restarts what it sees for the first time', () => {
    each((world) => {
      world.ledger = undefined;
      expect(['baseline', 'current']).toContain(world.step().kind);
    });
    each((world) => {
      world.step();
      world.recreate();
      expect(['baseline', 'current', 'forget']).toContain(world.step().kind);
    });
  });

  it('never restarts because of another key', () => {
    each((world) => {
      world.keyId = 'dddddddd';
      expect(['baseline', 'rebaseline', 'current', 'forget']).toContain(world.step().kind);
    });
  });

  it('brings one rollout at most for each thing that happens, and none without', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const world = new RolloutWorld();
        let allowed = 0;
        for (const [, count, happen] of history) {
          happen(world);
          allowed += count;
          world.step();
        }
        expect(world.rollouts).toBeLessThanOrEqual(allowed);
      }),
    );
  });

  it('rolls the next content out, unless nobody may', () => {
    each((world) => {
      fc.pre(world.mode === 'Restart' || world.mode === 'Pin');
      world.contents.set('db', 1);
      world.step();
      fc.pre(world.step().kind !== 'current' || world.ledger !== undefined);
      world.contents.set('db', 4);
      expect(world.step()).toMatchObject({ kind: 'stamp', secrets: expect.arrayContaining(['db']) });
      expect(world.mode === 'Pin' ? world.pin : world.stamp).toContain('000000000004');
    });
  });
});

/** After every history. */
function each(check: (world: RolloutWorld) => void): void {
  fc.assert(
    fc.property(histories, (history) => {
      const world = new RolloutWorld();
      for (const [, , happen] of history) happen(world);
      check(world);
    }),
    { numRuns: 500 },
  );
}

function crash(world: RolloutWorld): void {
  const decision = world.decide();
  if (decision.kind === 'stamp') world.patch(decision.patch, { isRecorded: false });
}
