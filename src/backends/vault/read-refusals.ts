import { LRUCache } from 'lru-cache';

import type { Clock } from '../../platform/clock.ts';
import { maxTokens } from './limits.ts';

interface Refusal {
  readonly pauseMs: number;
  readonly untilMs: number;
}

/**
 * Requests that Vault refused (403) although the login was new: a new login does not help, so none is made for 30 s,
 * then 1 min, … 10 min. The request itself is still sent with the token at hand, and a success forgets the refusal.
 */
export class ReadRefusals {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #refusals = new LRUCache<string, Refusal>({ max: maxTokens });

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Whether a new login is worth trying. */
  mayLogIn(key: string): boolean {
    const refusal = this.#refusals.get(key);
    return refusal === undefined || this.#clock.monotonic() >= refusal.untilMs;
  }

  /** Vault refused a login that was just made. */
  note(key: string): void {
    if (!this.mayLogIn(key)) return;
    const known = this.#refusals.get(key);
    const pauseMs = known === undefined ? 30_000 : Math.min(known.pauseMs * 2, 600_000);
    this.#refusals.set(key, { pauseMs, untilMs: this.#clock.monotonic() + pauseMs });
  }

  clear(key: string): void {
    this.#refusals.delete(key);
  }
}
