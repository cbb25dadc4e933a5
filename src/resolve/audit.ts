import { LRUCache } from 'lru-cache';

import { type Caller, podKey } from '../core/caller.ts';
import type { ErrorCode } from '../core/errors.ts';
import { type ObjectRef, requestName, storeName } from '../core/object-ref.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';

/** One object that was asked for at a store. */
export interface FetchEvent {
  readonly caller: Caller;
  /** Name of the object in the manifest. */
  readonly object: string;
  readonly ref: ObjectRef;
  readonly outcome: 'ok' | ErrorCode;
  /** Of the object's file; absent when there is none or more than one. */
  readonly version?: string;
  /** Equal for events that say the same: set for those that may repeat without anything happening. */
  readonly repetition?: string;
}

interface Said {
  readonly repetition: string;
  readonly atMs: number;
  readonly unsaid: number;
}

const sayAgainMs = 5 * 60_000;
const maxRemembered = 4096;

/**
 * The record of who got what from where: one line per event. What repeats itself (the same failure, a lease that is still
 * good) is said once, then at most every few minutes with the number of times.
 */
export class FetchAudit {
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #said = new LRUCache<string, Said>({ max: maxRemembered });

  constructor(deps: { readonly logger: Logger; readonly clock: Pick<Clock, 'now'> }) {
    this.#logger = deps.logger;
    this.#clock = deps.clock;
  }

  record(event: FetchEvent): void {
    const key = `${podKey(event.caller)}\n${event.object}\n${requestName(event.ref)}`;
    const last = this.#said.get(key);
    const { repetition } = event;
    if (repetition === undefined) {
      this.#said.delete(key);
      this.#say(event, 0);
      return;
    }

    const atMs = this.#clock.now();
    const isRepeated = last?.repetition === repetition;
    if (isRepeated && atMs - last.atMs < sayAgainMs) {
      this.#said.set(key, { ...last, unsaid: last.unsaid + 1 });
      return;
    }
    this.#said.set(key, { repetition, atMs, unsaid: 0 });
    this.#say(event, isRepeated ? last.unsaid : 0);
  }

  #say({ caller, object, ref, outcome, version }: FetchEvent, unsaid: number): void {
    const fields = {
      audit: 'fetch',
      namespace: caller.namespace,
      serviceAccount: caller.serviceAccount,
      ...(caller.pod && { pod: caller.pod.name }),
      object,
      store: storeName(ref),
      path: requestName(ref),
      outcome,
      ...(version !== undefined && { version }),
      ...(unsaid > 0 && { unsaid }),
    };
    this.#logger.info(fields, outcome === 'ok' ? 'secret fetched' : 'secret not fetched');
  }
}
