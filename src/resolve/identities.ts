import { LRUCache } from 'lru-cache';

import type { SecretError } from '../core/errors.ts';
import type { ObjectRef } from '../core/object-ref.ts';
import type { Clock } from '../platform/clock.ts';
import { createDeadline, throwIfCancelled } from '../platform/deadline.ts';
import { untilAborted } from '../platform/until-aborted.ts';
import { backendOf, type Backends } from './backends.ts';
import { type Backoff, isBackingOff, nextBackoff, patienceMs } from './freshness.ts';
import type { Asker, Question } from './question.ts';
import { toStoreError } from './store-error.ts';

export type Scope = 'shared' | 'pod';

/** `outage`: the store could not be asked, and the scope is that of the last login that worked. */
export type Identification =
  | { readonly status: 'known'; readonly scope: Scope; readonly outage?: SecretError }
  | { readonly status: 'failed'; readonly error: SecretError };

export interface IdentifyOptions {
  readonly signal: AbortSignal;
  /** Whether everything that is asked could be answered from what is kept under this scope: then do not wait long. */
  readonly canFallBack: (scope: Scope) => boolean;
}

/** Ways in that are remembered: a node has far fewer pods times stores. */
const maxRemembered = 4096;

/**
 * Whose answers a caller may see, and what was last known about it when the store cannot be asked. The verdict is kept per
 * account and store, because `shared` is said about all pods of an account; the back-off per pod and store.
 */
export class Identities {
  readonly #clock: Pick<Clock, 'now' | 'timer'>;
  readonly #backends: Backends;
  readonly #scopes = new LRUCache<string, Scope>({ max: maxRemembered });
  readonly #backoffs = new LRUCache<string, Backoff>({ max: maxRemembered });

  constructor(deps: { readonly clock: Pick<Clock, 'now' | 'timer'>; readonly backends: Backends }) {
    this.#clock = deps.clock;
    this.#backends = deps.backends;
  }

  /** Rejects with the signal's reason only, and not when that says that time is up: then the store is out. */
  async identify({ ref, store }: Question, asker: Asker, options: IdentifyOptions): Promise<Identification> {
    const account = `${asker.account}\n${store}`;
    const pod = `${asker.pod}\n${store}`;
    const remembered = this.#scopes.get(account);
    const canFallBack = remembered !== undefined && options.canFallBack(remembered);
    const backoff = this.#backoffs.get(pod);
    if (canFallBack && backoff && isBackingOff(backoff, this.#clock.now())) {
      return { status: 'known', scope: remembered, outage: backoff.error };
    }

    try {
      const scope = await this.#ask(ref, asker, { signal: options.signal, isBrief: canFallBack });
      this.#scopes.set(account, scope);
      this.#backoffs.delete(pod);
      return { status: 'known', scope };
    } catch (error) {
      throwIfCancelled(options.signal);
      return this.#failed(toStoreError(error, ref), { account, pod });
    }
  }

  async #ask(
    ref: ObjectRef,
    { caller }: Asker,
    { signal, isBrief }: { readonly signal: AbortSignal; readonly isBrief: boolean },
  ): Promise<Scope> {
    const backend = backendOf(this.#backends, ref.kind);
    if (!isBrief) return await untilAborted(backend.identify(ref, caller, { signal }), signal);
    const atMs = this.#clock.now() + patienceMs;
    using patience = createDeadline({ clock: this.#clock, atMs, parents: [signal] });
    return await untilAborted(backend.identify(ref, caller, { signal: patience.signal }), patience.signal);
  }

  #failed(error: SecretError, keys: { readonly account: string; readonly pod: string }): Identification {
    if (!error.isOutage) {
      // Refused, so that an outage which follows must not bring back what was allowed before.
      this.#scopes.delete(keys.account);
      return { status: 'failed', error };
    }
    const now = this.#clock.now();
    this.#backoffs.set(keys.pod, nextBackoff(this.#backoffs.get(keys.pod), error, now));
    const scope = this.#scopes.get(keys.account);
    return scope === undefined ? { status: 'failed', error } : { status: 'known', scope, outage: error };
  }
}
