import { describe, expect, it } from 'vitest';

import { createWorkersUnderTest } from '../../../test/fakes/workers-under-test.ts';
import { SecretError } from '../../core/errors.ts';
import type { Addition } from './queue.ts';
import type { Next, Work, WorkersDeps } from './workers.ts';

const done: Next = { kind: 'done' };
const start: Addition = { rank: 'first', reason: 'start' };

describe('workers', () => {
  it('work on so many objects at once', async () => {
    const gate = Promise.withResolvers<Next>();
    const { queue, workers, term, items, clock } = createWorkersUnderTest({ count: 2, work: () => gate.promise });
    for (const key of ['a/x', 'a/y', 'a/z']) queue.add(key, start);

    void workers.run(term.signal);
    await clock.advance(0);
    expect(items.map(({ key }) => key)).toEqual(['a/x', 'a/y']);

    gate.resolve(done);
    await clock.advance(0);
    expect(items.map(({ key }) => key)).toEqual(['a/x', 'a/y', 'a/z']);
  });

  it('never work on one object twice at once', async () => {
    const gate = Promise.withResolvers<Next>();
    const { queue, workers, term, items, clock } = createWorkersUnderTest({ count: 2, work: () => gate.promise });
    queue.add('a/x', start);
    void workers.run(term.signal);
    await clock.advance(0);

    queue.add('a/x', start);
    await clock.advance(0);
    expect(items).toHaveLength(1);

    gate.resolve(done);
    await clock.advance(0);
    expect(items).toHaveLength(2);
  });

  it('come back to an object when it said so', async () => {
    const { queue, workers, term, items, clock } = createWorkersUnderTest({
      work: ({ rank }) =>
        Promise.resolve(rank === 'first' ? { kind: 'again', rank: 'refresh', delayMs: 60_000 } : done),
    });
    queue.add('a/x', start);

    void workers.run(term.signal);
    await clock.advance(59_999);
    expect(items).toHaveLength(1);
    await clock.advance(1);

    expect(items[1]).toEqual({ key: 'a/x', rank: 'refresh', reasons: new Set(['refresh']) });
  });

  it('go on with what came while the object was in work, and not only with what it said', async () => {
    const { queue, workers, term, items, clock } = createWorkersUnderTest({
      work: ({ rank }) => {
        if (rank === 'first') queue.add('a/x', { rank: 'urgent', reason: 'spec' });
        return Promise.resolve(rank === 'first' ? { kind: 'again', rank: 'refresh', delayMs: 60_000 } : done);
      },
    });
    queue.add('a/x', start);

    void workers.run(term.signal);
    await clock.advance(0);

    expect(items.map(({ rank }) => rank)).toEqual(['first', 'urgent']);
  });
});

describe('work that throws', () => {
  it('is logged and tried again after pauses that double, with the reasons it had', async () => {
    const { queue, workers, term, items, clock, lines } = createWorkersUnderTest({
      work: () => Promise.reject(new TypeError('x is not a function')),
    });
    queue.add('a/x', { rank: 'urgent', reason: 'spec' });

    void workers.run(term.signal);
    const counts: number[] = [];
    for (const ms of [0, 499, 1, 999, 1, 1999, 1]) {
      await clock.advance(ms);
      counts.push(items.length);
    }

    expect(counts).toEqual([1, 1, 2, 2, 3, 3, 4]);
    expect(items[3]).toEqual({ key: 'a/x', rank: 'retry', reasons: new Set(['spec', 'retry']) });
    expect(lines[0]).toMatchObject({ level: 'error', code: 'INTERNAL', object: 'a/x', retryMs: 500 });
    expect(JSON.stringify(lines[0])).toContain('x is not a function');
  });

  it.for<readonly [string, Work]>([
    [
      'at once',
      () => {
        throw new Error('broken');
      },
    ],
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- anything may be thrown
    ['nothing at all', () => Promise.reject(undefined)],
  ])('ends no worker, also when it throws %s', async ([, broken]) => {
    const { queue, workers, term, items, clock } = createWorkersUnderTest({
      work: (item, signal) => (item.key === 'a/broken' ? broken(item, signal) : Promise.resolve(done)),
    });
    queue.add('a/broken', start);
    queue.add('a/x', start);

    void workers.run(term.signal);
    await clock.advance(0);

    expect(items.map(({ key }) => key)).toEqual(['a/broken', 'a/x']);
  });

  it('keeps the code of a failure that has one', async () => {
    const { queue, workers, term, clock, lines } = createWorkersUnderTest({
      work: () => Promise.reject(new SecretError('KUBE_UNAVAILABLE', 'the API server answered 503')),
    });
    queue.add('a/x', start);

    void workers.run(term.signal);
    await clock.advance(0);

    expect(lines).toMatchObject([
      { level: 'warn', code: 'KUBE_UNAVAILABLE', object: 'a/x', reason: 'the API server answered 503' },
    ]);
  });

  it.for<readonly [string, Next, number]>([
    ['anew after a success', done, 500],
    ['anew after a success that is due again', { kind: 'again', rank: 'refresh', delayMs: 1 }, 500],
    ['where they were after another failure', { kind: 'again', rank: 'retry', delayMs: 1 }, 1000],
  ])('lets the pauses begin %s', async ([, second, pauseMs]) => {
    let calls = 0;
    const { queue, workers, term, clock, lines } = createWorkersUnderTest({
      work: () => (++calls === 2 ? Promise.resolve(second) : Promise.reject(new Error('broken'))),
    });
    queue.add('a/x', start);
    void workers.run(term.signal);

    await clock.advance(500);
    queue.add('a/x', start);
    await clock.advance(0);

    expect(calls).toBe(3);
    expect(lines.at(-1)).toMatchObject({ retryMs: pauseMs });
  });

  it('is cut off when it hangs, and tried again', async () => {
    const signals: AbortSignal[] = [];
    const { queue, workers, term, items, clock, lines } = createWorkersUnderTest({
      count: 1,
      work: ({ key }, signal) => {
        signals.push(signal);
        return key === 'a/hangs' && signals.length === 1 ? new Promise(() => undefined) : Promise.resolve(done);
      },
    });
    queue.add('a/hangs', start);
    queue.add('a/x', start);
    void workers.run(term.signal);

    await clock.advance(119_999);
    expect(items.map(({ key }) => key)).toEqual(['a/hangs']);
    await clock.advance(1);
    expect(signals[0]?.aborted).toBe(true);
    await clock.advance(500);

    expect(items.map(({ key }) => key)).toEqual(['a/hangs', 'a/x', 'a/hangs']);
    expect(lines).toMatchObject([{ code: 'INTERNAL', object: 'a/hangs', reason: expect.stringContaining('hung') }]);
    expect(clock.waiting).toBe(0);
  });
});

it('goes on when even the queue fails, and says so', async () => {
  let failures = 2;
  const queue = createWorkersUnderTest().queue;
  const failing: WorkersDeps['queue'] = {
    take: (signal) => (failures-- > 0 ? Promise.reject(new Error('out of order')) : queue.take(signal)),
    schedule: (...args) => queue.schedule(...args),
    done: (key) => queue.done(key),
    putBack: (...args) => queue.putBack(...args),
  };
  const { workers, term, items, clock, lines } = createWorkersUnderTest({ count: 1, queue: failing });
  queue.add('a/x', start);

  void workers.run(term.signal);
  await clock.advance(1999);
  expect(items).toEqual([]);
  await clock.advance(1);

  expect(items).toHaveLength(1);
  expect(lines).toMatchObject([{ code: 'INTERNAL' }, { code: 'INTERNAL' }]);
});
