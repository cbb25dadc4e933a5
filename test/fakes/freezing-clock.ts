import { FakeClock } from './clock.ts';

/** The clock of a process that can be stopped: time goes on meanwhile, and its timers come late. */
export class FreezingClock extends FakeClock {
  #frozenMs = 0;

  override monotonic(): number {
    return super.monotonic() + this.#frozenMs;
  }

  override now(): number {
    return super.now() + this.#frozenMs;
  }

  /** Time passes, and nothing of the process runs. */
  freeze(ms: number): void {
    this.#frozenMs += ms;
  }
}
