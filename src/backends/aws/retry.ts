import { SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Pauses, toPauseMs } from '../../platform/pauses.ts';
import { isPassing } from './errors.ts';

export interface RetryOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch: a pause that would end later is not begun. */
  readonly deadlineMs: number;
}

/**
 * Two more tries after no connection, no answer, 5xx or a wrong clock; after throttling as many as fit before the deadline.
 * Pauses double from try to try and are jittered, so that the pods of a node do not come back together.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { clock, random, signal, deadlineMs }: RetryOptions,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof SecretError) || !isPassing(error)) throw error;
      const isThrottled = error.code === 'AWS_THROTTLED';
      const pauseMs = toPauseMs(tried, isThrottled ? throttledPauses : pauses, random());
      if ((!isThrottled && tried === maxTries) || clock.now() + pauseMs >= deadlineMs) throw error;
      await clock.sleep(pauseMs, signal);
    }
  }
}

const maxTries = 3;
const pauses: Pauses = { firstMs: 200, maxMs: 2_000 };
const throttledPauses: Pauses = { firstMs: 1_000, maxMs: 8_000 };
