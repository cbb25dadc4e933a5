import type { Clock } from '../platform/clock.ts';
import type { PlayedDriver } from './played-driver.ts';
import type { PlayedSync } from './played-sync.ts';
import type { Screen } from './screen.ts';

/** What every act of a session works with. */
export interface Stage {
  readonly driver: PlayedDriver;
  readonly sync: PlayedSync;
  readonly screen: Screen;
  readonly clock: Clock;
  /** Whether values are printed as they are. */
  readonly reveal: boolean;
  /** Requests that the embedded stores have answered; undefined for a store that is not ours to count. */
  readonly storeRequests: (() => number) | undefined;
  /** Aborts when the person has seen enough. */
  readonly stop: AbortSignal;
}
