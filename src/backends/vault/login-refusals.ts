import { LRUCache } from 'lru-cache';

import type { Clock } from '../../platform/clock.ts';
import type { SecretError } from '../../core/errors.ts';
import { maxTokens } from './limits.ts';

interface Refusal {
  readonly error: SecretError;
  readonly count: number;
  readonly untilMs: number;
}

/**
 * Logins that Vault refused lately. The first refusal is tried again at once (a role may just have been fixed); from the
 * second in a row on the same credential waits 1 s, 2 s, 4 s … 60 s. Another credential is not held back.
 */
export class LoginRefusals {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #refusals = new LRUCache<string, Refusal>({ max: maxTokens });

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Throws the remembered refusal while its pause lasts. */
  check(key: string): void {
    const refusal = this.#refusals.get(key);
    if (refusal && this.#clock.monotonic() < refusal.untilMs) throw refusal.error;
  }

  note(key: string, error: SecretError): void {
    const count = (this.#refusals.get(key)?.count ?? 0) + 1;
    const pauseMs = count === 1 ? 0 : Math.min(1000 * 2 ** (count - 2), 60_000);
    this.#refusals.set(key, { error, count, untilMs: this.#clock.monotonic() + pauseMs });
  }

  clear(key: string): void {
    this.#refusals.delete(key);
  }
}
