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
    const fullMs = Math.min(firstMs * 2 ** this.#failures++, maxMs);
    return fullMs * (0.5 + this.#random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
