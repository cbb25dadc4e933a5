import type { ApiReader, CallOptions } from '../kube/api-client.ts';
import type { Clock } from '../platform/clock.ts';
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
  #known: { readonly support: PinSupport; readonly untilMs: number } | undefined;

  constructor(deps: PinSupportCacheDeps) {
    this.#deps = deps;
  }

  /** Throws KUBE_… when the API server cannot say. */
  readonly get = async (options: CallOptions): Promise<PinSupport> => {
    const nowMs = this.#deps.clock.monotonic();
    if (this.#known && nowMs < this.#known.untilMs) return this.#known.support;
    const support = await checkPinSupport(this.#deps.client, options);
    this.#known = { support, untilMs: nowMs + (support.ok ? goodMs : badMs) };
    return support;
  };
}
