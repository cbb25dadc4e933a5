import type { Clock } from '../../platform/clock.ts';
import { maxBatchesPerSecond } from './limits.ts';

/** Counts requests by region and second. Bounded by the regions in use. */
export class RateWindow {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #windows = new Map<string, { readonly second: number; readonly count: number }>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** True when one more fits into this second. */
  take(region: string): boolean {
    const second = Math.floor(this.#clock.now() / 1000);
    const window = this.#windows.get(region);
    const count = window?.second === second ? window.count : 0;
    if (count >= maxBatchesPerSecond) return false;
    this.#windows.set(region, { second, count: count + 1 });
    return true;
  }
}
