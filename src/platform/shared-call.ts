import type { Clock } from './clock.ts';
import { createDeadline, isTimeout } from './deadline.ts';
import { untilAborted } from './until-aborted.ts';

export interface SharedCallOptions<T> {
  readonly clock: Pick<Clock, 'now' | 'timer'>;
  /** The call's own bound, whoever waits; its signal then aborts with a TimeoutError. */
  readonly timeoutMs: number;
  /** Called once, at once. Its signal aborts when time is up or nobody waits any more; it must settle then. */
  readonly run: (signal: AbortSignal) => Promise<T>;
}

/** The waiter lost its patience, and the call goes on without it. */
export const impatient = Symbol('impatient');

/**
 * One piece of work that several callers wait for. Cancelling one of them does not cancel the work; when the last one is
 * gone the work is aborted. Lives until its promise settles.
 */
export class SharedCall<T> {
  readonly startedAtMs: number;
  readonly #clock: Pick<Clock, 'now' | 'timer'>;
  readonly #abandon = new AbortController();
  readonly #result: Promise<T>;
  #waiters = 0;
  #detached = false;

  constructor({ clock, timeoutMs, run }: SharedCallOptions<T>) {
    this.#clock = clock;
    this.startedAtMs = clock.now();
    this.#result = this.#run(timeoutMs, run);
    // Whoever waits sees the rejection; with nobody left it is no news.
    this.#result.catch(() => undefined);
  }

  /** True once the last waiter left: the work is being aborted and nobody may join. */
  get isAbandoned(): boolean {
    return this.#abandon.signal.aborted;
  }

  /** The outcome of the work; rejects with the reason of `signal` when that aborts first. */
  async wait(signal: AbortSignal): Promise<T> {
    this.#waiters++;
    try {
      return await untilAborted(this.#result, signal);
    } finally {
      this.#waiters--;
      if (this.#waiters === 0 && !this.#detached) this.#abandon.abort(new DOMException('nobody waits', 'AbortError'));
    }
  }

  /**
   * As `wait`, for a waiter that has something to fall back on: it gives up when the call is `patienceMs` old, or when its
   * signal aborts because time is up. The call then goes on even when nobody waits, so that a slow answer still arrives for
   * the next one.
   */
  async waitBriefly(signal: AbortSignal, patienceMs: number): Promise<T | typeof impatient> {
    using patience = createDeadline({ clock: this.#clock, atMs: this.startedAtMs + patienceMs, parents: [signal] });
    const ranOut = (): boolean => isTimeout(patience.signal.reason);
    const onAbort = (): void => {
      this.#detached ||= ranOut();
    };
    patience.signal.addEventListener('abort', onAbort, { once: true });
    if (patience.signal.aborted) onAbort();
    try {
      return await this.wait(patience.signal);
    } catch (error) {
      if (ranOut() && error === patience.signal.reason) return impatient;
      throw error;
    }
  }

  async #run(timeoutMs: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const atMs = this.startedAtMs + timeoutMs;
    using deadline = createDeadline({ clock: this.#clock, atMs, parents: [this.#abandon.signal] });
    return await run(deadline.signal);
  }
}
