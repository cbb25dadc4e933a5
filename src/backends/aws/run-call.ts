import { SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { createDeadline } from '../../platform/deadline.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { untilAborted } from '../../platform/until-aborted.ts';
import type { AwsCall } from './call.ts';
import { toAwsError } from './errors.ts';
import { attemptTimeoutMs, callTimeoutMs } from './limits.ts';
import { withRetries } from './retry.ts';

export interface RunCallDeps {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly metrics: Pick<Metrics, 'storeRequests' | 'storeRequestDuration'>;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** `once`: for what has a fallback. */
  readonly tries?: 'once' | 'retry';
}

/** Sends a request with retries, within its time, counted. Throws SecretError only. */
export type RunCall = <T>(call: AwsCall, send: (signal: AbortSignal) => Promise<T>, options: CallOptions) => Promise<T>;

export function createRunCall({ clock, random, metrics }: RunCallDeps): RunCall {
  return async (call, send, { signal: caller, tries = 'retry' }) => {
    const labels = { store: 'aws', operation: call.operation };
    const stop = metrics.storeRequestDuration.startTimer(labels);
    const deadlineMs = clock.now() + callTimeoutMs;
    using deadline = createDeadline({ clock, atMs: deadlineMs, parents: [caller] });
    const { signal } = deadline;
    const attempt = () => sendOnce(send, { clock, call, signal });
    let result = 'ok';
    try {
      return await (tries === 'once' ? attempt() : withRetries(attempt, { clock, random, signal, deadlineMs }));
    } catch (cause) {
      const error = toAwsError(cause, call, caller);
      result = error.code;
      throw error;
    } finally {
      stop();
      metrics.storeRequests.inc({ ...labels, result });
    }
  };
}

interface Attempt {
  readonly clock: Clock;
  readonly call: AwsCall;
  readonly signal: AbortSignal;
}

async function sendOnce<T>(
  send: (signal: AbortSignal) => Promise<T>,
  { clock, call, signal: parent }: Attempt,
): Promise<T> {
  using deadline = createDeadline({ clock, atMs: clock.now() + attemptTimeoutMs, parents: [parent] });
  const { signal } = deadline;
  try {
    // The SDK takes the signal for the head of an answer, and may wait for the rest without it.
    return await untilAborted(send(signal), signal);
  } catch (error) {
    if (parent.aborted || error instanceof SecretError) throw error;
    throw toAwsError(signal.aborted ? signal.reason : error, call, parent);
  }
}
