import type { Clock } from '../../src/platform/clock.ts';

interface Pending {
  readonly at: number;
  readonly fire: () => void;
}

/** Time that moves only when a test says so. */
export class FakeClock implements Clock {
  #now: number;
  #skewMs = 0;
  #pending = new Set<Pending>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now + this.#skewMs;
  }

  monotonic(): number {
    return this.#now;
  }

  /** Somebody sets the date: timers do not notice. */
  jump(ms: number): void {
    this.#skewMs += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const timer = this.timer(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = (): void => {
        timer[Symbol.dispose]();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  timer(ms: number, fn: () => void): Disposable {
    const pending = { at: this.#now + ms, fire: fn };
    this.#pending.add(pending);
    return { [Symbol.dispose]: () => this.#pending.delete(pending) };
  }

  /** Timers and sleepers that have not fired. */
  get waiting(): number {
    return this.#pending.size;
  }

  /** Moves time, firing what falls due in order; promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = [...this.#pending].filter((p) => p.at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets every promise that can settle without I/O do so. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
