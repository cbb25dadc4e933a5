import type { Clock } from './clock.ts';
import { SharedCall } from './shared-call.ts';

export interface SingleFlightDeps {
  readonly clock: Pick<Clock, 'now' | 'timer'>;
  /** Bounds a piece of work, whoever waits. */
  readonly timeoutMs: number;
}

export interface JoinOptions<T> {
  readonly signal: AbortSignal;
  /** Runs when nobody else is at it. */
  readonly run: (signal: AbortSignal) => Promise<T>;
}

/** Work that is done once per key for everybody who asks meanwhile. */
export class SingleFlight<T> {
  readonly #deps: SingleFlightDeps;
  readonly #running = new Map<string, SharedCall<T>>();

  constructor(deps: SingleFlightDeps) {
    this.#deps = deps;
  }

  /** The call for this key that is under way, or else a new one. Wait for it: what nobody waits for is aborted. */
  call(key: string, run: JoinOptions<T>['run']): SharedCall<T> {
    const running = this.#running.get(key);
    return running?.isAbandoned === false ? running : this.#launch(key, run);
  }

  /** The outcome of `call`; rejects with the reason of `signal` when that aborts first, and then may not even begin. */
  async join(key: string, { signal, run }: JoinOptions<T>): Promise<T> {
    signal.throwIfAborted();
    return await this.call(key, run).wait(signal);
  }

  #launch(key: string, run: JoinOptions<T>['run']): SharedCall<T> {
    const call: SharedCall<T> = new SharedCall({
      ...this.#deps,
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
