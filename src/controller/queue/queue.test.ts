import { describe, expect, it } from 'vitest';

import { createQueueUnderTest } from '../../../test/fakes/queue-under-test.ts';
import type { Addition } from './queue.ts';

const never = new AbortController().signal;
const now: Addition = { rank: 'refresh', reason: 'refresh' };

describe('take', () => {
  it('hands out a key once, however often it was added, with all reasons', async () => {
    const { queue, due } = createQueueUnderTest();
    queue.add('a/x', { rank: 'refresh', reason: 'refresh' });
    queue.add('a/x', { rank: 'urgent', reason: 'spec' });
    queue.add('a/x', { rank: 'retry', reason: 'retry' });

    const item = await queue.take(never);

    expect(item).toEqual({ key: 'a/x', rank: 'urgent', reasons: new Set(['refresh', 'spec', 'retry']) });
    expect(await due()).toEqual([]);
  });

  it('waits for a key, first come first served', async () => {
    const { queue } = createQueueUnderTest();
    const [first, second] = [queue.take(never), queue.take(never)];

    queue.add('a/x', now);
    queue.add('a/y', now);

    expect([(await first).key, (await second).key]).toEqual(['a/x', 'a/y']);
  });

  it('rejects with the reason of a signal that aborts, and takes no key with it', async () => {
    const { queue } = createQueueUnderTest();
    const controller = new AbortController();
    const impatient = queue.take(controller.signal);
    const patient = queue.take(never);

    controller.abort(new Error('enough'));
    queue.add('a/x', now);

    await expect(impatient).rejects.toThrow('enough');
    expect((await patient).key).toBe('a/x');
    await expect(queue.take(AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
  });

  it('loses no key when the signal aborts in the moment of handing out', async () => {
    const { queue } = createQueueUnderTest();
    const controller = new AbortController();
    const taken = queue.take(controller.signal);

    queue.add('a/x', now);
    controller.abort(new Error('late'));

    expect((await taken).key).toBe('a/x');
  });

  it('serves the ranks in order, and within one who is due longest', async () => {
    const { queue, clock, takeKeys } = createQueueUnderTest();
    for (const rank of ['retry', 'refresh', 'first', 'urgent'] as const) {
      queue.add(`${rank}/1`, { rank, reason: 'start' });
      await clock.advance(1);
      queue.add(`${rank}/2`, { rank, reason: 'start' });
    }

    const order = ['urgent/1', 'urgent/2', 'first/1', 'first/2', 'refresh/1', 'refresh/2', 'retry/1', 'retry/2'];
    expect(await takeKeys(8)).toEqual(order);
  });

  it('serves every eighth time who is due longest in the other ranks, so that none starves', async () => {
    const { queue, clock, takeKeys } = createQueueUnderTest();
    queue.add('a/retry', { rank: 'retry', reason: 'retry' });
    await clock.advance(1);
    queue.add('a/refresh', { rank: 'refresh', reason: 'refresh' });
    for (let n = 0; n < 40; n++) queue.add(`a/${n}`, { rank: 'urgent', reason: 'spec' });

    const order = await takeKeys(42);

    expect([order.indexOf('a/retry'), order.indexOf('a/refresh')]).toEqual([7, 15]);
  });
});

describe('a key in work', () => {
  it('is not handed out, and goes out after done when it was added meanwhile', async () => {
    const { queue, due } = createQueueUnderTest();
    queue.add('a/x', now);
    await queue.take(never);

    queue.add('a/x', { rank: 'urgent', reason: 'spec' });
    expect(await due()).toEqual([]);
    queue.done('a/x');

    expect(await due()).toEqual([{ key: 'a/x', rank: 'urgent', reasons: new Set(['spec']) }]);
  });

  it('does not go out again when nobody added it', async () => {
    const { queue, due } = createQueueUnderTest();
    queue.add('a/x', now);
    await queue.take(never);

    queue.done('a/x');

    expect(await due()).toEqual([]);
  });

  it('is not handed out either when its delay is over', async () => {
    const { queue, clock, due } = createQueueUnderTest();
    queue.add('a/x', now);
    await queue.take(never);
    queue.add('a/x', { ...now, delayMs: 1000 });

    await clock.advance(2000);
    expect(await due()).toEqual([]);
    queue.done('a/x');

    expect(await due()).toHaveLength(1);
  });

  it('waits on after done when its delay is not over', async () => {
    const { queue, clock, due } = createQueueUnderTest();
    queue.add('a/x', now);
    await queue.take(never);
    queue.add('a/x', { ...now, delayMs: 1000 });

    queue.done('a/x');
    await clock.advance(999);
    expect(await due()).toEqual([]);
    await clock.advance(1);

    expect(await due()).toHaveLength(1);
  });

  it('goes out as it was when it is put back, with what was added meanwhile', async () => {
    const { queue, due } = createQueueUnderTest();
    queue.add('a/x', { rank: 'retry', reason: 'retry' });
    const item = await queue.take(never);
    queue.add('a/x', { rank: 'first', reason: 'start' });

    queue.putBack(item);

    expect(await due()).toEqual([{ key: 'a/x', rank: 'first', reasons: new Set(['retry', 'start']) }]);
  });
});

describe('the metrics', () => {
  it('count nobody any more when the queue is cleared', async () => {
    const { queue, clock, due, metricsText } = createQueueUnderTest();
    queue.add('a/x', now);
    queue.add('a/y', { ...now, delayMs: 1000 });

    queue.clear();
    await clock.advance(1000);

    expect(await metricsText()).toContain('lockstep_queue_depth{rank="refresh"} 0');
    expect([await due(), clock.waiting]).toEqual([[], 0]);
  });

  it('count who waits for a worker, and not who is delayed or in work', async () => {
    const { queue, metricsText } = createQueueUnderTest();
    queue.add('a/taken', { rank: 'urgent', reason: 'spec' });
    await queue.take(never);
    queue.add('a/taken', { rank: 'urgent', reason: 'spec' });
    queue.add('a/delayed', { ...now, delayMs: 1000 });
    queue.add('a/x', now);
    queue.add('a/y', now);
    queue.add('a/y', { rank: 'first', reason: 'start' });

    const shown = await metricsText();

    expect(shown).toContain('lockstep_queue_depth{rank="urgent"} 0');
    expect(shown).toContain('lockstep_queue_depth{rank="first"} 1');
    expect(shown).toContain('lockstep_queue_depth{rank="refresh"} 1');
    expect(shown).toContain('lockstep_queue_depth{rank="retry"} 0');
  });

  it('tell how long a key waited after it was due', async () => {
    const { queue, clock, metricsText } = createQueueUnderTest();
    queue.add('a/x', { ...now, delayMs: 1000 });
    await clock.advance(4000);

    await queue.take(never);

    expect(await metricsText()).toContain('lockstep_queue_wait_seconds_sum{rank="refresh"} 3');
  });
});
