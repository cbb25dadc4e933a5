import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { createQueueUnderTest } from '../../../test/fakes/queue-under-test.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { type Addition, type Rank, WorkQueue } from './queue.ts';

const never = new AbortController().signal;
const now: Addition = { rank: 'refresh', reason: 'refresh' };

describe('a delay', () => {
  it('holds a key back for so long, whatever happens to the date', async () => {
    const { queue, clock, due } = createQueueUnderTest();
    queue.add('a/x', { ...now, delayMs: 1000 });

    clock.jump(3_600_000);
    await clock.advance(999);
    expect(await due()).toEqual([]);
    await clock.advance(1);

    expect(await due()).toHaveLength(1);
  });

  it.for<readonly [string, number, Rank]>([
    ['an earlier time', 400, 'refresh'],
    ['a better rank', 1000, 'first'],
  ])('gives way to %s', async ([, atMs, rank]) => {
    const { queue, clock, due } = createQueueUnderTest();
    queue.add('a/x', { ...now, delayMs: 1000 });
    queue.add('a/x', { rank: rank === 'refresh' ? 'retry' : rank, reason: 'start', delayMs: atMs });

    await clock.advance(atMs - 1);
    expect(await due()).toEqual([]);
    await clock.advance(1);

    expect(await due()).toMatchObject([{ rank }]);
  });

  it('is not prolonged by a later one, nor does a worse rank count', async () => {
    const { queue, clock, due } = createQueueUnderTest();
    queue.add('a/x', { ...now, delayMs: 1000 });
    queue.add('a/x', { rank: 'retry', reason: 'retry', delayMs: 5000 });

    await clock.advance(1000);

    expect(await due()).toMatchObject([{ rank: 'refresh' }]);
  });

  it('that is longer than a timer of Node can be works all the same', async () => {
    const clock = new FakeClock();
    const timers: number[] = [];
    const timer = (ms: number, fn: () => void): Disposable => {
      timers.push(ms);
      return clock.timer(ms, fn);
    };
    const queue = new WorkQueue({ clock: { monotonic: () => clock.monotonic(), timer }, metrics: createMetrics() });
    let isTaken = false;
    void queue.take(new AbortController().signal).then(() => (isTaken = true));
    queue.add('a/x', { ...now, delayMs: 40 * 86_400_000 });

    await clock.advance(40 * 86_400_000 - 1);
    expect(isTaken).toBe(false);
    await clock.advance(1);

    expect(isTaken).toBe(true);
    expect(Math.max(...timers)).toBe(2 ** 31 - 1);
  });

  it('needs one timer for all keys, and none when nothing waits', async () => {
    const { queue, clock } = createQueueUnderTest();
    for (let n = 0; n < 100; n++) queue.add(`a/${n}`, { ...now, delayMs: 1000 - n });
    expect(clock.waiting).toBe(1);

    for (let n = 0; n < 100; n++) queue.forget(`a/${n}`);
    expect(clock.waiting).toBe(0);
  });

  it('hands out to who waits, in the order of the times', async () => {
    const { queue, clock } = createQueueUnderTest();
    const [first, second] = [queue.take(never), queue.take(never)];
    queue.add('a/late', { ...now, delayMs: 20 });
    queue.add('a/early', { ...now, delayMs: 10 });

    await clock.advance(20);

    expect([(await first).key, (await second).key]).toEqual(['a/early', 'a/late']);
    expect(clock.waiting).toBe(0);
  });
});

describe('schedule', () => {
  it('replaces what a key waits for: a later time, a worse rank, other reasons', async () => {
    const { queue, clock, due } = createQueueUnderTest();
    queue.add('a/x', { rank: 'retry', reason: 'retry', delayMs: 1000 });
    queue.schedule('a/x', { ...now, delayMs: 5000 });

    await clock.advance(4999);
    expect(await due()).toEqual([]);
    await clock.advance(1);

    expect(await due()).toEqual([{ key: 'a/x', rank: 'refresh', reasons: new Set(['refresh']) }]);
  });

  it('takes nothing away from a key that is due', async () => {
    const { queue, due } = createQueueUnderTest();
    queue.add('a/x', { rank: 'urgent', reason: 'spec' });

    queue.schedule('a/x', { ...now, delayMs: 5000 });

    expect(await due()).toMatchObject([{ rank: 'urgent' }]);
  });

  it('takes nothing away from what came while the key was in work', async () => {
    const { queue, clock, due } = createQueueUnderTest();
    queue.add('a/x', now);
    await queue.take(never);
    queue.add('a/x', { rank: 'urgent', reason: 'spec', delayMs: 500 });

    queue.schedule('a/x', { ...now, delayMs: 5000 });
    queue.done('a/x');
    await clock.advance(500);

    expect(await due()).toMatchObject([{ rank: 'urgent' }]);
  });
});

describe('forget', () => {
  it.for([0, 1000])('drops a key that waits with a delay of %d ms', async (delayMs) => {
    const { queue, clock, due } = createQueueUnderTest();
    queue.add('a/x', { ...now, delayMs });

    queue.forget('a/x');
    await clock.advance(1000);

    expect(await due()).toEqual([]);
  });

  it('drops what was added while the key was in work', async () => {
    const { queue, due } = createQueueUnderTest();
    queue.add('a/x', now);
    await queue.take(never);
    queue.add('a/x', now);

    queue.forget('a/x');
    queue.done('a/x');

    expect(await due()).toEqual([]);
  });
});
