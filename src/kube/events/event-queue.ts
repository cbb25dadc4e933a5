import type { Clock } from '../../platform/clock.ts';
import type { EventSeries } from './event-series.ts';
import { TokenBucket } from '../client/token-bucket.ts';

/** Of each type, in a row and then a second. */
const burst = 100;
const perSecond = 10;
/** What waits, of both types. */
const maxQueued = 1000;

/**
 * What waits to be written. Warnings go first and wait for their turn; a normal event that would have to wait is not taken
 * at all, and gives way to a warning when there is no room.
 */
export class EventQueue {
  readonly #normal: EventSeries[] = [];
  readonly #warnings: EventSeries[] = [];
  readonly #normalBucket: TokenBucket;
  readonly #warningBucket: TokenBucket;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#normalBucket = new TokenBucket({ clock, burst, perSecond });
    this.#warningBucket = new TokenBucket({ clock, burst, perSecond });
  }

  get size(): number {
    return this.#normal.length + this.#warnings.length;
  }

  /** What found no place: undefined when there was room, otherwise `series` or one that was waiting. */
  add(series: EventSeries): EventSeries | undefined {
    if (series.type === 'Normal') {
      if (this.size >= maxQueued || !this.#normalBucket.take()) return series;
      this.#normal.push(series);
      return undefined;
    }
    const displaced = this.size < maxQueued ? undefined : this.#normal.shift();
    if (this.size >= maxQueued) return series;
    this.#warnings.push(series);
    return displaced;
  }

  /** The next one that may be written now; with `isHasty` whatever the rate. */
  next(isHasty: boolean): EventSeries | undefined {
    if (this.#warnings.length > 0 && (isHasty || this.#warningBucket.take())) return this.#warnings.shift();
    return this.#normal.shift();
  }

  /** Milliseconds until the next one may be written; undefined: nothing waits. */
  get waitMs(): number | undefined {
    if (this.#normal.length > 0) return 0;
    return this.#warnings.length > 0 ? this.#warningBucket.waitMs : undefined;
  }
}
