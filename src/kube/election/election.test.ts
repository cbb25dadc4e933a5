import { describe, expect } from 'vitest';

import { createReplica, it, lease, leaseSpec } from '../../../test/fakes/replica.ts';
import { SecretError } from '../../core/errors.ts';
import { resources } from '../objects.ts';

const outage = new SecretError('KUBE_UNREACHABLE', 'update leases lockstep/controller: no connection');

it.override('two', ({ client }) => createReplica('two', { client, random: () => 0.99 }));

describe('the first replica', () => {
  it('makes the lease and leads at once', async ({ client, one, two, elect }) => {
    expect(await one.leader()).toBe(0);
    await elect();

    expect([one.holds(), two.holds()]).toEqual([true, false]);
    expect(await Promise.all([one.leader(), two.leader()])).toEqual([1, 0]);
    expect(one.terms.map(({ aborted }) => aborted)).toEqual([false]);
    expect(leaseSpec(client)).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
  });

  it('renews every two seconds with one request each', async ({ client, one, pass }) => {
    await one.start();
    await pass(20_000, [one]);

    const writes = client.asked.slice(2);
    expect(writes.length).toBeGreaterThanOrEqual(9);
    expect(new Set(writes)).toEqual(new Set(['update leases lockstep/controller']));
    expect(leaseSpec(client)).toMatchObject({ acquireTime: '2026-01-01T00:00:00.000000Z', leaseTransitions: 0 });
    expect(one.terms).toHaveLength(1);
  });

  it('is the one whose request arrives first', async ({ one, two, pass }) => {
    await Promise.all([one.start(), two.start()]);
    await pass(30_000);

    expect([one.holds(), two.holds()]).toEqual([true, false]);
    expect(two.terms).toEqual([]);
    expect(two.logged('warn')).toEqual([]);
  });

  it.for([{}, null, 'x', { holderIdentity: '' }, { holderIdentity: null, leaseDurationSeconds: 'x' }])(
    'takes a lease that names nobody: %j',
    async (spec, { client, one, elect }) => {
      client.put(resources.leases, { metadata: { ...lease, labels: { keep: 'me' } }, spec });
      await elect();

      expect(one.holds()).toBe(true);
      expect(client.objects.get('leases lockstep/controller')?.metadata.labels).toEqual({ keep: 'me' });
    },
  );

  it('says once that it cannot reach the lease, and again after it could', async ({ client, one, pass }) => {
    client.before = () => Promise.reject(outage);
    await one.start();
    await pass(10_000, [one]);
    expect(one.logged('warn')).toHaveLength(1);
    expect(client.calls).toHaveLength(6);

    client.before = () => undefined;
    await pass(2_000, [one]);
    expect(one.holds()).toBe(true);
    client.before = () => Promise.reject(outage);
    await pass(4_000, [one]);
    expect(one.logged('warn')).toHaveLength(2);
  });

  it('does not take a missing namespace for a lost race', async ({ client, one, pass }) => {
    client.before = ({ what }) => {
      if (what.startsWith('create')) throw new SecretError('KUBE_NOT_FOUND', 'namespaces "lockstep" not found');
    };
    await one.start();
    await pass(4_000, [one]);

    expect(one.logged('warn')).toHaveLength(1);
  });
});

describe('a leader that is frozen', () => {
  it.beforeEach(({ elect }) => elect());

  it.for([0, 700, 1_300, 1_900, 2_500])(
    'is followed by another one in less than eighteen seconds (%i)',
    async (phase, { client, two, pass }) => {
      await pass(phase);
      let tookMs = 0;
      for (; !two.holds() && tookMs < 30_000; tookMs += 100) await two.clock.advance(100);

      expect(tookMs).toBeGreaterThan(10_000);
      expect(tookMs).toBeLessThan(18_000);
      expect(leaseSpec(client)).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
    },
  );

  it('does not lead when it wakes up, before anything else of it has run', async ({ one }) => {
    one.clock.freeze(10_000);

    expect(one.holds()).toBe(false);
    // Its timers come late.
    expect(one.terms[0]?.aborted).toBe(false);
  });

  it('leads again after it has renewed, in another term, if nobody has led meanwhile', async ({
    client,
    one,
    pass,
  }) => {
    one.clock.freeze(12_000);
    await pass(3_000, [one]);

    expect(one.holds()).toBe(true);
    expect(one.terms.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(one.terms[0]?.reason).toMatchObject({ code: 'NOT_LEADER' });
    expect(leaseSpec(client)).toMatchObject({ holderIdentity: 'one', leaseTransitions: 0 });
  });

  it('follows when it wakes up after another one took over', async ({ client, one, two, pass }) => {
    await pass(20_000, [two]);
    one.clock.freeze(20_000);
    expect([one.holds(), two.holds()]).toEqual([false, true]);
    await pass(30_000);

    expect([one.holds(), two.holds()]).toEqual([false, true]);
    expect(one.terms.map(({ aborted }) => aborted)).toEqual([true]);
    expect(await one.leader()).toBe(0);
    expect(leaseSpec(client)).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
  });

  it('does not count a renewal that was answered before it froze, and read after', async ({ client, one }) => {
    const answered = Promise.withResolvers<void>();
    client.after = () => answered.promise;
    await one.clock.advance(2_000);
    one.clock.freeze(11_000);
    answered.resolve();
    client.after = () => undefined;
    await one.clock.advance(0);

    expect(one.holds()).toBe(false);
  });
});

describe('a leader that cannot renew', () => {
  it.beforeEach(({ elect }) => elect());

  it('tries every two seconds, leads until ten seconds after the last renewal began, and goes on trying', async ({
    client,
    one,
    pass,
  }) => {
    client.before = () => Promise.reject(outage);
    const before = client.calls.length;
    await pass(9_800, [one]);
    expect(one.holds()).toBe(true);
    expect(client.calls.length - before).toBeGreaterThanOrEqual(4);

    await pass(200, [one]);
    expect(one.holds()).toBe(false);
    expect(one.terms[0]?.reason).toMatchObject({
      code: 'NOT_LEADER',
      message: 'this replica leads no more, because the lease was not renewed in time; the next leader goes on',
    });
    client.before = () => undefined;
    await pass(2_000, [one]);
    expect(one.holds()).toBe(true);
    expect(one.terms).toHaveLength(2);
  });

  it('counts from the beginning of the renewal, not from its answer', async ({ client, one }) => {
    const answered = Promise.withResolvers<void>();
    client.after = () => answered.promise;
    await one.clock.advance(2_000);
    await one.clock.advance(3_000);
    answered.resolve();
    client.after = () => undefined;
    await one.clock.advance(0);
    client.before = () => Promise.reject(outage);
    await one.clock.advance(6_800);
    expect(one.holds()).toBe(true);
    await one.clock.advance(200);

    expect(one.holds()).toBe(false);
  });

  it('gives up a call that hangs in time for another one', async ({ client, one, pass }) => {
    let isFirst = true;
    client.before = () => {
      if (!isFirst) return undefined;
      isFirst = false;
      return new Promise(() => {});
    };
    await pass(9_000, [one]);

    expect(one.holds()).toBe(true);
    expect(one.terms).toHaveLength(1);
    expect(one.logged('warn')).toHaveLength(1);
  });

  it('finds out that a renewal worked whose answer was lost', async ({ client, one, pass }) => {
    let times = 1;
    client.after = () => (times-- > 0 ? Promise.reject(outage) : undefined);
    await pass(8_000, [one]);

    expect(one.holds()).toBe(true);
    expect(one.terms).toHaveLength(1);
  });
});
