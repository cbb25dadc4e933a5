import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { createDeadline, isTimeout } from './deadline.ts';

describe('createDeadline', () => {
  it('aborts with a TimeoutError at its time, not before', async () => {
    const clock = new FakeClock();
    const { signal } = createDeadline({ clock, atMs: clock.now() + 100 });

    await clock.advance(99);
    expect(signal.aborted).toBe(false);

    await clock.advance(1);
    expect(isTimeout(signal.reason)).toBe(true);
  });

  it.for([0, -1])('is aborted at once when its time is now%i ms', (afterMs) => {
    const clock = new FakeClock();
    const { signal } = createDeadline({ clock, atMs: clock.now() + afterMs });

    expect(isTimeout(signal.reason)).toBe(true);
    expect(clock.waiting).toBe(0);
  });

  it('follows each of its parents with their reason', () => {
    const clock = new FakeClock();
    const [first, second] = [new AbortController(), new AbortController()];
    const { signal } = createDeadline({ clock, atMs: clock.now() + 100, parents: [first.signal, second.signal] });
    const reason = new Error('client went away');

    second.abort(reason);

    expect(signal.reason).toBe(reason);
    expect(clock.waiting).toBe(0);
  });

  it('is aborted at once when a parent is', () => {
    const clock = new FakeClock();
    const reason = new Error('client went away');
    const { signal } = createDeadline({ clock, atMs: clock.now() + 100, parents: [AbortSignal.abort(reason)] });

    expect(signal.reason).toBe(reason);
    expect(clock.waiting).toBe(0);
  });

  it('leaves nothing behind when it is disposed, and never aborts then', async () => {
    const clock = new FakeClock();
    const parent = new AbortController();
    const deadline = createDeadline({ clock, atMs: clock.now() + 100, parents: [parent.signal] });

    deadline[Symbol.dispose]();
    parent.abort();
    await clock.advance(200);

    expect(clock.waiting).toBe(0);
    expect(deadline.signal.aborted).toBe(false);
  });
});

describe('isTimeout', () => {
  it.for([
    { reason: new DOMException('late', 'TimeoutError'), expected: true },
    { reason: new DOMException('gone', 'AbortError'), expected: false },
    { reason: new Error('TimeoutError'), expected: false },
    { reason: undefined, expected: false },
  ])('says $expected of $reason', ({ reason, expected }) => {
    expect(isTimeout(reason)).toBe(expected);
  });
});
