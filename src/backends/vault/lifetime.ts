import type { Clock } from '../../platform/clock.ts';

/** What a renewal came to. `refused`: it cannot be prolonged. `failed`: nobody could be asked. */
export type Renewal =
  | { readonly status: 'renewed'; readonly ttlMs: number; readonly renewable: boolean }
  | { readonly status: 'failed' | 'refused' };

export interface LifetimeOptions {
  readonly clock: Clock;
  /** Infinity: no known end. */
  readonly ttlMs: number;
  readonly renewable: boolean;
  /** Asked at two thirds: whether somebody still needs it. */
  readonly isWanted: () => boolean;
  /** Never rejects. */
  readonly renew: () => Promise<Renewal>;
  /** Two thirds have passed and nobody wants it any more: it is not renewed again. */
  readonly onIdle?: () => void;
  readonly onEnd: () => void;
}

/**
 * The time that a token or lease has left. At two thirds it is renewed if it can be and is wanted; otherwise it is due, and
 * must be asked for anew. A renewal that fails in an outage is tried again until the end.
 */
export class Lifetime implements Disposable {
  readonly #options: LifetimeOptions;
  #endsAtMs = Number.POSITIVE_INFINITY;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #renewable: boolean;
  #isRenewing = false;
  #isDisposed = false;
  #timer: Disposable | undefined;

  constructor(options: LifetimeOptions) {
    this.#options = options;
    this.#renewable = options.renewable;
    this.#extend(options.ttlMs);
  }

  /** Milliseconds since the epoch. */
  get endsAtMs(): number {
    return this.#endsAtMs;
  }

  get isOver(): boolean {
    return this.#options.clock.now() >= this.#endsAtMs;
  }

  /** Should be asked for anew; good until its end nevertheless. */
  get isDue(): boolean {
    return !this.#isRenewing && this.#options.clock.now() >= this.#dueAtMs;
  }

  /** Asking anew failed: the next try comes when a quarter of the rest has passed. */
  postpone(): void {
    const now = this.#options.clock.now();
    this.#dueAtMs = now + Math.max((this.#endsAtMs - now) / 4, minPauseMs);
  }

  /** It is over already, whatever was agreed. */
  end(): void {
    this.#endsAtMs = Math.min(this.#endsAtMs, this.#options.clock.now());
    this.#timer?.[Symbol.dispose]();
    this.#options.onEnd();
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#timer?.[Symbol.dispose]();
  }

  #extend(ttlMs: number): void {
    if (ttlMs === Number.POSITIVE_INFINITY) return;
    const now = this.#options.clock.now();
    this.#endsAtMs = now + ttlMs;
    this.#dueAtMs = now + (ttlMs * 2) / 3;
    this.#arm(this.#dueAtMs, () => void this.#onDue());
  }

  async #onDue(): Promise<void> {
    const isWanted = this.#options.isWanted();
    if (!isWanted) this.#options.onIdle?.();
    if (isWanted && this.#renewable) await this.#renew();
    else this.#arm(this.#endsAtMs, () => this.end());
  }

  async #renew(): Promise<void> {
    this.#isRenewing = true;
    const renewal = await this.#options.renew();
    this.#isRenewing = false;
    if (!this.#isDisposed && !this.isOver) this.#apply(renewal);
  }

  #apply(renewal: Renewal): void {
    const now = this.#options.clock.now();
    const leftMs = Math.max(this.#endsAtMs - now, 0);
    if (renewal.status === 'renewed') {
      // Much shorter than it was: the maximum is near, and asking anew comes next.
      this.#renewable = renewal.renewable && renewal.ttlMs >= this.#options.ttlMs / 2;
      this.#extend(renewal.ttlMs);
    } else if (renewal.status === 'refused') {
      this.#renewable = false;
      this.#dueAtMs = now;
      this.#arm(this.#endsAtMs, () => this.end());
    } else {
      this.#dueAtMs = now + leftMs * 0.7;
      const isWorthIt = leftMs > minPauseMs;
      if (isWorthIt) this.#arm(now + Math.max(leftMs / 4, minPauseMs), () => void this.#onDue());
      else this.#arm(this.#endsAtMs, () => this.end());
    }
  }

  #arm(atMs: number, fn: () => void): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#isDisposed || atMs === Number.POSITIVE_INFINITY) return;
    const leftMs = Math.max(atMs - this.#options.clock.now(), 0);
    // Timers of the runtime overflow after 24 days.
    if (leftMs > maxTimerMs) this.#timer = this.#options.clock.timer(maxTimerMs, () => this.#arm(atMs, fn));
    else this.#timer = this.#options.clock.timer(leftMs, fn);
  }
}

const minPauseMs = 1000;
const maxTimerMs = 2 ** 31 - 1;
