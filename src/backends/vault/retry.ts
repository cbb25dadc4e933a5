import { SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { WireAnswer } from './call.ts';

export interface RetryOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch: a pause that would end later is not begun. */
  readonly deadlineMs: number;
}

/**
 * Parity with the official client: two more tries after a failed connection (not a failed certificate), 412, 429 and 5xx
 * except 501, for every method; pauses of 1 to 1.5 s times the number of the try, or what Retry-After says on 429 and 503.
 */
export async function withRetries(
  attempt: () => Promise<WireAnswer>,
  { clock, random, signal, deadlineMs }: RetryOptions,
): Promise<WireAnswer> {
  for (let tried = 1; ; tried++) {
    const outcome = await settle(attempt);
    const pauseMs = askedPauseMs(outcome, clock.now()) ?? (1000 + 500 * random()) * tried;
    const isOver = tried === maxTries || !isPassing(outcome) || clock.now() + pauseMs >= deadlineMs;
    if (isOver && outcome instanceof SecretError) throw outcome;
    if (isOver && !(outcome instanceof SecretError)) return outcome;
    await clock.sleep(pauseMs, signal);
  }
}

const maxTries = 3;

async function settle(attempt: () => Promise<WireAnswer>): Promise<WireAnswer | SecretError> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof SecretError) return error;
    throw error;
  }
}

function isPassing(outcome: WireAnswer | SecretError): boolean {
  if (outcome instanceof SecretError) return outcome.code === 'VAULT_UNREACHABLE';
  const { status } = outcome;
  return status === 412 || status === 429 || (status >= 500 && status !== 501);
}

/** Retry-After: seconds, or a date. */
function askedPauseMs(outcome: WireAnswer | SecretError, nowMs: number): number | undefined {
  if (outcome instanceof SecretError || outcome.retryAfter === undefined) return undefined;
  if (outcome.status !== 429 && outcome.status !== 503) return undefined;
  if (/^\d{1,9}$/.test(outcome.retryAfter)) return Number(outcome.retryAfter) * 1000;
  // HTTP dates end in GMT; Date.parse alone takes much else for a date.
  const atMs = outcome.retryAfter.endsWith('GMT') ? Date.parse(outcome.retryAfter) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
