import { setTimeout as delay } from 'node:timers/promises';

/** Time as a port, so that tests advance it. Milliseconds throughout. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from some moment on, which no change of the date disturbs: for leases and other intervals. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fn` once after `ms` unless disposed. Does not keep the process alive. */
  timer(ms: number, fn: () => void): Disposable;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    try {
      await delay(Math.max(0, ms), undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
  timer(ms, fn) {
    const handle = setTimeout(fn, Math.max(0, ms)).unref();
    return { [Symbol.dispose]: () => clearTimeout(handle) };
  },
};
