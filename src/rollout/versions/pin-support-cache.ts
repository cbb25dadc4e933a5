import type { ApiReader, CallOptions } from '../../kube/client/api-client.ts';
import type { Clock } from '../../platform/clock.ts';
import { checkPinSupport, type PinSupport } from './pin-support.ts';

export interface PinSupportCacheDeps {
  readonly client: Pick<ApiReader, 'get'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** So long it is taken for granted that the policy stands; a policy that is missing is looked for more often. */
const goodMs = 5 * 60_000;
const badMs = 15_000;

/** Whether mode Pin can work, asked now and then. */
export class PinSupportCache {
  readonly #deps: PinSupportCacheDeps;
  #known: Known | undefined;

  constructor(deps: PinSupportCacheDeps) {
    this.#deps = deps;
  }

  /** When the API server cannot say, what was known before stays true. Throws KUBE_… when nothing was. */
  readonly get = async (options: CallOptions): Promise<PinSupport> => {
    const nowMs = this.#deps.clock.monotonic();
    if (this.#known && nowMs < this.#known.untilMs) return this.#known.support;
    this.#known = await this.#ask(nowMs, options);
    return this.#known.support;
  };

  async #ask(nowMs: number, options: CallOptions): Promise<Known> {
    try {
      const support = await checkPinSupport(this.#deps.client, options);
      return { support, untilMs: nowMs + (support.ok ? goodMs : badMs) };
    } catch (error) {
      options.signal.throwIfAborted();
      if (!this.#known) throw error;
      return { support: this.#known.support, untilMs: nowMs + badMs };
    }
  }
}

interface Known {
  readonly support: PinSupport;
  readonly untilMs: number;
}
