import type { Clock } from './clock.ts';
import { SharedCall } from './shared-call.ts';

export interface SingleFlightDeps {
  readonly clock: Pick<Clock, 'now' | 'timer'>;
  /** Bounds a piece of work, whoever waits. */
  readonly timeoutMs: number;
}

/** Work that is done once per key for everybody who asks meanwhile. */
export class SingleFlight<T> {
  readonly #deps: SingleFlightDeps;
  readonly #running = new Map<string, SharedCall<T>>();

  constructor(deps: SingleFlightDeps) {
    this.#deps = deps;
  }

  /** The call for this key that is under way, or else a new one. Wait for it: what nobody waits for is aborted. */
  call(key: string, run: (signal: AbortSignal) => Promise<T>): SharedCall<T> {
    const running = this.#running.get(key);
    return running?.isAbandoned === false ? running : this.#launch(key, run);
  }

  #launch(key: string, run: (signal: AbortSignal) => Promise<T>): SharedCall<T> {
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
