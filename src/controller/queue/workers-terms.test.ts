import { describe, expect, it } from 'vitest';

import { createWorkersUnderTest } from '../../../test/fakes/workers-under-test.ts';
import { SecretError } from '../../core/errors.ts';
import type { Addition } from './queue.ts';
import type { Next } from './workers.ts';

const done: Next = { kind: 'done' };
const start: Addition = { rank: 'first', reason: 'start' };
const never = new AbortController().signal;

describe('a term', () => {
  it('that has not begun has nobody work', async () => {
    const { queue, workers, items, clock } = createWorkersUnderTest();
    await workers.start(never);
    queue.add('a/x', start);

    await clock.advance(1000);

    expect(items).toEqual([]);
  });

  it('cuts off at its end what is in work, which goes out in the next term as it was', async () => {
    const { queue, workers, term, items, clock, lines } = createWorkersUnderTest({
      work: () => (items.length === 1 ? new Promise(() => undefined) : Promise.resolve(done)),
    });
    queue.add('a/x', { rank: 'urgent', reason: 'force' });
    const over = isSettled(workers.run(term.signal));
    await clock.advance(1000);
    expect(over()).toBe(false);

    term.abort(new SecretError('NOT_LEADER', 'over'));
    queue.add('a/y', start);
    await clock.advance(1000);
    expect(over()).toBe(true);
    expect(items.map(({ key }) => key)).toEqual(['a/x']);

    void workers.run(never);
    await clock.advance(0);
    expect(items.map(({ key }) => key)).toEqual(['a/x', 'a/x', 'a/y']);
    expect(items[1]).toEqual({ key: 'a/x', rank: 'urgent', reasons: new Set(['force']) });
    expect(lines).toEqual([]);
  });

  it('may end when nobody works, and leaves no timer behind', async () => {
    const { queue, workers, term, items, clock, lines } = createWorkersUnderTest();
    void workers.run(term.signal);

    term.abort();
    queue.add('a/x', start);
    await clock.advance(1000);

    expect([items, lines, clock.waiting]).toEqual([[], [], 0]);
  });

  it('that ends in the moment of handing out has nothing begun', async () => {
    const { queue, workers, term, items, clock } = createWorkersUnderTest();
    void workers.run(term.signal);

    queue.add('a/x', start);
    term.abort();
    await clock.advance(0);
    expect(items).toEqual([]);

    void workers.run(never);
    await clock.advance(0);
    expect(items).toHaveLength(1);
  });

  it('that is over already has nobody work', async () => {
    const { queue, workers, items, clock } = createWorkersUnderTest();
    queue.add('a/x', start);

    void workers.run(AbortSignal.abort());
    await clock.advance(0);

    expect(items).toEqual([]);
  });
});

describe('stop', () => {
  it('takes nothing new and waits for what is in work', async () => {
    const gate = Promise.withResolvers<Next>();
    const { queue, workers, term, items, clock } = createWorkersUnderTest({ count: 1, work: () => gate.promise });
    queue.add('a/x', start);
    queue.add('a/y', start);
    void workers.run(term.signal);
    await clock.advance(0);

    const stopped = isSettled(workers.stop(never));
    await clock.advance(1000);
    expect(stopped()).toBe(false);
    gate.resolve(done);
    await clock.advance(0);

    expect(stopped()).toBe(true);
    expect(items.map(({ key }) => key)).toEqual(['a/x']);
  });

  it('cuts off what is in work when it must hurry', async () => {
    const signals: AbortSignal[] = [];
    const { queue, workers, term, clock } = createWorkersUnderTest({
      work: (_item, signal) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    });
    queue.add('a/x', start);
    void workers.run(term.signal);
    await clock.advance(0);

    const hurry = new AbortController();
    const stopped = workers.stop(hurry.signal);
    expect(signals[0]?.aborted).toBe(false);
    hurry.abort();

    await stopped;
    expect(signals[0]?.aborted).toBe(true);
    expect(clock.waiting).toBe(0);
  });

  it('resolves at once when nobody works, and nobody begins after it', async () => {
    const { queue, workers, items, clock } = createWorkersUnderTest();

    await workers.stop(AbortSignal.abort());
    void workers.run(never);
    queue.add('a/x', start);
    await clock.advance(1000);

    expect(items).toEqual([]);
  });
});

function isSettled(promise: Promise<void>): () => boolean {
  let settled = false;
  void promise.then(() => (settled = true));
  return () => settled;
}
