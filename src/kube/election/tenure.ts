import type { Clock } from '../../platform/clock.ts';
import { type TermListener, Terms, type TermsDeps } from './terms.ts';

export interface TenureDeps extends TermsDeps {
  readonly clock: Pick<Clock, 'monotonic' | 'timer'>;
  /** How long one renewal is good for, from its beginning. */
  readonly limitMs: number;
}

/** The terms of a leader that has to renew: one ends by itself when the last renewal is too old. */
export class Tenure {
  readonly #deps: TenureDeps;
  readonly #terms: Terms;
  #untilMs = -Infinity;
  #expiry: Disposable | undefined;

  constructor(deps: TenureDeps) {
    this.#deps = deps;
    this.#terms = new Terms(deps);
  }

  /** Looks at the time, because the timer of a process that was frozen comes late. */
  get isOn(): boolean {
    return this.#terms.isOn && this.#deps.clock.monotonic() < this.#untilMs;
  }

  onTerm(listener: TermListener): void {
    this.#terms.onTerm(listener);
  }

  /** A renewal worked that was begun at `sinceMs` of the monotonic clock. */
  extend(sinceMs: number): void {
    const { clock, limitMs } = this.#deps;
    const now = clock.monotonic();
    // Whoever looked in between found that it was not on.
    if (now >= this.#untilMs) this.end(outOfTime);
    this.#untilMs = sinceMs + limitMs;
    if (now >= this.#untilMs) return;
    this.#expiry?.[Symbol.dispose]();
    this.#expiry = clock.timer(this.#untilMs - now, () => this.end(outOfTime));
    this.#terms.begin();
  }

  /** `reason` is the end of a sentence. */
  end(reason: string): void {
    this.#expiry?.[Symbol.dispose]();
    this.#terms.end(reason);
  }
}

const outOfTime = 'the lease was not renewed in time';
