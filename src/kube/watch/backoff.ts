import { toPauseMs } from '../../platform/pauses.ts';

const firstMs = 1_000;

/** Pauses after failures in a row: they double, and are jittered so that clients do not come back together. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** `random` in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** In a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure. The pause after it: between half of the full one and all of it. */
  nextMs(maxMs: number): number {
    return toPauseMs(++this.#failures, { firstMs, maxMs }, this.#random());
  }

  reset(): void {
    this.#failures = 0;
  }
}
