import { describe, expect } from 'vitest';

import { it, lease } from '../../../test/fakes/replica.ts';
import { resources } from '../objects.ts';

describe('a lease', () => {
  it('is not judged by any date, neither ours nor that in the record', async ({ one, two, pass, elect }) => {
    await elect();
    one.clock.jump(86_400_000);
    two.clock.jump(-86_400_000);
    await pass(60_000);
    two.clock.jump(7 * 86_400_000);
    await pass(60_000);

    expect([one.holds(), two.holds()]).toEqual([true, false]);
    expect(one.terms).toHaveLength(1);
  });

  it.for([
    [61, 60_500, 600],
    [undefined, 14_500, 600],
  ] as const)(
    'of a holder who says %s seconds is left alone for so long, and no longer',
    async ([leaseDurationSeconds, quiet, then], { client, one, pass }) => {
      const spec = { holderIdentity: 'other', renewTime: '2000-01-01T00:00:00.000000Z', leaseDurationSeconds };
      client.put(resources.leases, { metadata: lease, spec });
      await one.start();
      await pass(quiet, [one]);
      expect(one.holds()).toBe(false);

      await pass(then, [one]);
      expect(one.holds()).toBe(true);
    },
  );

  it('that somebody only labels is not renewed by that', async ({ client, one, pass }) => {
    client.put(resources.leases, { metadata: lease, spec: { holderIdentity: 'other', leaseDurationSeconds: 15 } });
    await one.start();
    for (let round = 0; round < 8; round++) {
      await pass(2_000, [one]);
      const current = client.objects.get('leases lockstep/controller');
      const metadata = { ...lease, labels: { round: String(round) } };
      if (!one.holds()) client.put(resources.leases, { ...current, metadata });
    }

    expect(one.holds()).toBe(true);
  });

  it('that somebody deletes is written again by its leader, and left to it by the others', async ({
    client,
    one,
    two,
    pass,
    elect,
  }) => {
    await elect();
    await pass(5_000);
    client.objects.clear();
    await pass(10_000, [two]);
    expect(two.holds()).toBe(false);
    await pass(4_000, [one]);

    expect([one.holds(), two.holds()]).toEqual([true, false]);
    expect(one.terms).toHaveLength(1);
  });

  it('that somebody else took away ends the term', async ({ client, one, pass, elect }) => {
    await elect();
    client.put(resources.leases, { metadata: lease, spec: { holderIdentity: 'other', leaseDurationSeconds: 15 } });
    await pass(2_500, [one]);

    expect(one.holds()).toBe(false);
    expect(one.terms[0]?.reason).toMatchObject({ message: expect.stringContaining('other holds the lease') });
  });
});
