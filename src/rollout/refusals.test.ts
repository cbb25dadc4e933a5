import { beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { SecretError } from '../core/errors.ts';
import { Refusals } from './refusals.ts';

const web = 'Deployment shop/web';
const refused = new SecretError('KUBE_REFUSED', 'a webhook says no');
const unreachable = new SecretError('KUBE_UNREACHABLE', 'nobody answers');
let clock: FakeClock;
let refusals: Refusals;

beforeEach(() => {
  clock = new FakeClock();
  refusals = new Refusals(clock);
});

describe('Refusals', () => {
  it('leave a workload alone for half a minute, then twice as long each time, and ten minutes at most', async () => {
    const waits: (number | undefined)[] = [];
    for (let times = 0; times < 6; times++) {
      expect(refusals.add('shop', web, refused)).toBe(true);
      const waitMs = refusals.delayMs('shop');
      waits.push(waitMs);
      expect(refusals.standing('shop')).toEqual(new Map([[web, refused]]));
      await clock.advance(waitMs ?? 0);
      expect(refusals.standing('shop').size).toBe(0);
    }

    expect(waits).toEqual([30_000, 60_000, 120_000, 240_000, 480_000, 600_000]);
    expect(refusals.delayMs('shop')).toBeUndefined();
  });

  it('are none where the next try may do', () => {
    expect(refusals.add('shop', web, unreachable)).toBe(false);
    expect(refusals.standing('shop').size).toBe(0);
  });

  it('concern their namespace only, and end when a patch goes through', () => {
    refusals.add('shop', web, refused);
    expect(refusals.standing('bank').size).toBe(0);

    refusals.remove('shop', web);
    expect(refusals.delayMs('shop')).toBeUndefined();
    refusals.add('shop', web, refused);
    expect(refusals.delayMs('shop')).toBe(30_000);
  });

  it('are forgotten at the end of a term', () => {
    refusals.add('shop', web, refused);
    refusals.clear();

    expect(refusals.standing('shop').size).toBe(0);
  });
});
