import type { Clock } from '../../platform/clock.ts';

export interface TokenBucketOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** As many at once. */
  readonly burst: number;
  /** As many a second in the long run. */
  readonly perSecond: number;
}

/** Bounds a rate, and lets short bursts pass. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #atMs: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#atMs = options.clock.monotonic();
  }

  /** Whether one more may pass now; then it counts. */
  take(): boolean {
    if (this.waitMs > 0) return false;
    this.#tokens--;
    return true;
  }

  /** Milliseconds until one may pass; 0: now. */
  get waitMs(): number {
    const { clock, burst, perSecond } = this.#options;
    const now = clock.monotonic();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#atMs) / 1000) * perSecond);
    this.#atMs = now;
    // Rounded up, so that whoever waited so long is not a fraction too early.
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / perSecond) * 1000);
  }
}
