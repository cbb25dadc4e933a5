import type { Clock } from '../../platform/clock.ts';
import { SharedCall } from '../../platform/shared-call.ts';
import { sharedCallTimeoutMs } from './limits.ts';

export interface JoinOptions<T> {
  readonly signal: AbortSignal;
  /** Runs when nobody else is at it. */
  readonly run: (signal: AbortSignal) => Promise<T>;
}

/** Work that is done once per key for everybody who asks meanwhile. */
export class Flights<T> {
  readonly #clock: Clock;
  readonly #running = new Map<string, SharedCall<T>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async join(key: string, { signal, run }: JoinOptions<T>): Promise<T> {
    signal.throwIfAborted();
    const running = this.#running.get(key);
    const call = running?.isAbandoned === false ? running : this.#launch(key, run);
    return await call.wait(signal);
  }

  #launch(key: string, run: JoinOptions<T>['run']): SharedCall<T> {
    const call: SharedCall<T> = new SharedCall({
      clock: this.#clock,
      timeoutMs: sharedCallTimeoutMs,
      run: async (signal) => {
        try {
          return await run(signal);
        } finally {
          if (this.#running.get(key) === call) this.#running.delete(key);
        }
      },
    });
    this.#running.set(key, call);
    return call;
  }
}
