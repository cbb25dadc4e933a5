import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { changedWorld } from '../../test/fakes/namespace-world.ts';
import { parseRolloutStatus } from './rollout-status.ts';

describe('parseRolloutStatus', () => {
  it('reads back what was written, in every stage of a rollout', () => {
    const { world, source } = changedWorld(3, { canary: { soak: '20s' } });
    for (let pass = 0; pass < 40; pass++) {
      const plan = world.step();
      const status = plan.statuses.get(source.key);
      expect(parseRolloutStatus(JSON.parse(JSON.stringify(status)))).toEqual(status);
      world.run(3000);
    }
    expect(world.statusOf(source).state).toBe('Complete');
  });

  it.for([undefined, null, 'x', 7])('is none for %o', (raw) => {
    expect(parseRolloutStatus(raw)).toBeUndefined();
  });

  it('leaves out what it does not understand, and nothing else', () => {
    const entry = { workload: 'Deployment a/b', uid: 'u', mode: 'Restart', generation: 1, usage: '0', stamp: 'kid=0;' };
    const record = { version: 'v', startedAt: '2026-01-01T00:00:00Z', outcome: 'Complete', updated: 1, failed: 0 };
    const raw = {
      version: 'v',
      since: 'yesterday',
      state: 'Later',
      message: 7,
      total: -1,
      updated: 2,
      later: true,
      halted: { version: 'v' },
      history: [record, { ...record, startedAt: 'x' }, null],
      workloads: [entry, { ...entry, generation: 'x' }, { ...entry, busySince: 'x' }, 'x'],
    };

    expect(parseRolloutStatus(raw)).toEqual({
      version: 'v',
      state: 'Idle',
      message: '',
      total: 0,
      updated: 2,
      inProgress: 0,
      failed: 0,
      held: 0,
      waiting: 0,
      history: [record],
      workloads: [entry],
    });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (raw) => {
        expect(parseRolloutStatus(raw) === undefined).toBe(typeof raw !== 'object' || raw === null);
      }),
    );
  });
});
