import { describe, expect, it } from 'vitest';

import { createReflectorUnderTest, type ReflectorUnderTest } from '../../../test/fakes/reflector-under-test.ts';
import { bookmarkAt, listOf, objectAt } from '../../../test/fakes/scripted-api.ts';
import { SecretError } from '../../core/errors.ts';

const minuteMs = 60_000;

describe('resync', () => {
  it.for([
    { random: 0, afterMs: 15 * minuteMs },
    { random: 0.999, afterMs: 30 * minuteMs },
  ])('lists everything between 15 and 30 minutes after the last list ($afterMs ms)', async ({ random, afterMs }) => {
    const under = createReflectorUnderTest({ random: () => random });
    await under.begin();

    await chatter(under, afterMs - minuteMs);
    expect(await under.lists()).toEqual({ start: 1 });
    await chatter(under, minuteMs);

    expect(await under.lists()).toEqual({ start: 1, resync: 1 });
  });

  it('reports only what differs from what is known', async () => {
    const under = createReflectorUnderTest();
    under.api.onList = () =>
      listOf(
        '10',
        ['a', 'b', 'c'].map((name) => objectAt(`shop/${name}`, '3')),
      );
    await under.begin();
    under.changes.length = 0;
    // Lower versions than before: the data was restored from a backup, and the list is the truth.
    under.api.onList = () => listOf('8', [objectAt('shop/a', '3'), objectAt('shop/b', '2'), objectAt('shop/d', '4')]);

    await chatter(under, 30 * minuteMs);

    expect(under.changes).toEqual([
      { key: 'shop/b', previous: 'value-3', current: 'value-2', isInitial: false },
      { key: 'shop/d', previous: undefined, current: 'value-4', isInitial: false },
      { key: 'shop/c', previous: 'value-3', current: undefined, isInitial: false },
    ]);
    expect(under.api.lastWatch.options.resourceVersion).toBe('8');
  });

  it('comes even when the watch hangs for good', async () => {
    const under = createReflectorUnderTest();
    await under.begin();
    under.api.lastWatch.isDeaf = true;

    await under.pass(23 * minuteMs);

    expect(await under.lists()).toEqual({ start: 1, resync: 1 });
    expect(under.api.watches).toHaveLength(2);
  });

  it('lists sooner when two watches in a row said nothing until they were given up', async () => {
    const under = createReflectorUnderTest();
    await under.begin();
    for (let watch = 0; watch < 2; watch++) {
      await under.pass(3 * minuteMs);
      under.api.lastWatch.fail(new SecretError('KUBE_TIMEOUT', 'silent'));
      await under.pass(1_000);
    }

    expect(await under.lists()).toEqual({ start: 1, failed: 1 });
  });

  it('does not list for one silent watch between others', async () => {
    const under = createReflectorUnderTest();
    await under.begin();
    for (let watch = 0; watch < 3; watch++) {
      if (watch === 1) under.api.lastWatch.send(bookmarkAt('15'));
      await under.pass(3 * minuteMs);
      under.api.lastWatch.fail(new SecretError('KUBE_TIMEOUT', 'silent'));
      await under.pass(1_000);
    }

    expect(await under.lists()).toEqual({ start: 1 });
  });
});

/** Time passes on a watch that works: a bookmark a minute. */
async function chatter(under: ReflectorUnderTest, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= minuteMs) {
    under.api.lastWatch.send(bookmarkAt('20'));
    await under.pass(minuteMs);
  }
}
