import { describe, expect, it } from 'vitest';

import { systemClock } from './clock.ts';

describe('systemClock', () => {
  it('tells the milliseconds since the epoch', () => {
    const before = Date.now();

    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
    expect(systemClock.now()).toBeLessThanOrEqual(Date.now());
  });

  it('sleeps', async () => {
    await expect(systemClock.sleep(1)).resolves.toBeUndefined();
    await expect(systemClock.sleep(1, new AbortController().signal)).resolves.toBeUndefined();
  });

  it('wakes with the reason of its signal', async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);

    controller.abort(new Error('cancelled'));

    await expect(sleeping).rejects.toThrow('cancelled');
  });

  it('does not fall asleep when its signal was aborted before', async () => {
    await expect(systemClock.sleep(60_000, AbortSignal.abort(new Error('cancelled')))).rejects.toThrow('cancelled');
  });

  it('calls back once its time has come', async () => {
    const fired = Promise.withResolvers<void>();

    systemClock.timer(1, fired.resolve);

    await expect(fired.promise).resolves.toBeUndefined();
  });

  it('does not call back when the timer was disposed', async () => {
    let calls = 0;
    const fired = Promise.withResolvers<void>();

    systemClock.timer(1, () => calls++)[Symbol.dispose]();
    systemClock.timer(2, fired.resolve);
    await fired.promise;

    expect(calls).toBe(0);
  });
});
