import { SecretError, toSecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { createDeadline, isTimeout } from '../../platform/deadline.ts';
import type { Component } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import { untilAborted } from '../../platform/until-aborted.ts';
import type { Backoffs } from './backoff.ts';
import type { Rank, WorkItem, WorkQueue } from './queue.ts';

/** What is to happen with an object after it was looked at. */
export type Next =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly rank: Rank; readonly delayMs: number };

/** Must settle, and do nothing more, when its signal aborts. */
export type Work = (item: WorkItem, signal: AbortSignal) => Promise<Next>;

export interface WorkersDeps {
  readonly queue: Pick<WorkQueue, 'take' | 'schedule' | 'done' | 'putBack'>;
  readonly work: Work;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly backoffs: Pick<Backoffs, 'failed' | 'forget'>;
  /** How many objects are in work at once. */
  readonly count: number;
}

export interface Workers extends Component {
  /**
   * Works until the signal aborts; then what is in work is cut off and goes back into the queue. Resolves when nobody works
   * any more, also after `stop`, and never rejects.
   */
  run(term: AbortSignal): Promise<void>;
}

/** For one piece of work, whatever hangs in it. */
const workLimitMs = 120_000;
/** Before a worker goes on that could not even take. */
const pauseMs = 1000;

/**
 * Take objects from the queue and work on them. Nothing that a piece of work throws, and no work that hangs, ends a worker or
 * loses an object: the failure is logged and the object tried again after its back-off. `stop` takes nothing new and lets
 * finish what is in work.
 */
export function createWorkers({ queue, work, clock, logger, backoffs, count }: WorkersDeps): Workers {
  const stopping = new AbortController();
  const hurry = new AbortController();
  const running = new Set<Promise<unknown>>();

  async function run(term: AbortSignal): Promise<void> {
    const taking = AbortSignal.any([term, stopping.signal]);
    const workers = Promise.all(Array.from({ length: count }, () => keepWorking(taking, term)));
    running.add(workers);
    await workers;
    running.delete(workers);
  }

  async function keepWorking(taking: AbortSignal, term: AbortSignal): Promise<void> {
    while (!taking.aborted) {
      try {
        await workOn(await queue.take(taking), term);
      } catch (error) {
        if (taking.aborted) return;
        logger.error({ code: 'INTERNAL', err: error }, 'worker failed, and goes on');
        await clock.sleep(pauseMs, taking).catch(() => undefined);
      }
    }
  }

  async function workOn(item: WorkItem, term: AbortSignal): Promise<void> {
    const outcome = await attempt(item, term);
    switch (outcome.kind) {
      case 'cut-off':
        queue.putBack(item);
        break;
      case 'failed':
        retry(item, outcome.error);
        break;
      case 'again':
        if (outcome.rank !== 'retry') backoffs.forget(item.key);
        queue.schedule(item.key, { ...outcome, reason: outcome.rank === 'refresh' ? 'refresh' : 'retry' });
        queue.done(item.key);
        break;
      case 'done':
        backoffs.forget(item.key);
        queue.done(item.key);
    }
  }

  /** Never rejects. */
  async function attempt(item: WorkItem, term: AbortSignal): Promise<Outcome> {
    const atMs = clock.now() + workLimitMs;
    using deadline = createDeadline({ clock, atMs, parents: [term, hurry.signal] });
    const { signal } = deadline;
    try {
      signal.throwIfAborted();
      return await untilAborted(work(item, signal), signal);
    } catch (error) {
      if (!signal.aborted) return { kind: 'failed', error: toSecretError(error) };
      return isTimeout(signal.reason) ? { kind: 'failed', error: toHangError(error) } : { kind: 'cut-off' };
    }
  }

  /** What the object was taken for has not been done: the reasons stay. */
  function retry({ key, reasons }: WorkItem, { code, message, cause }: SecretError): void {
    const delayMs = backoffs.failed(key);
    queue.putBack({ key, rank: 'retry', reasons: new Set([...reasons, 'retry']) }, delayMs);
    const fields = { code, object: key, reason: message, retryMs: Math.round(delayMs), err: cause };
    if (code === 'INTERNAL') logger.error(fields, 'work failed unexpectedly');
    // Nobody has to look at it: the leader goes on.
    else if (code === 'NOT_LEADER') logger.debug(fields, 'work given up');
    else logger.warn(fields, 'work failed');
  }

  async function stop(signal: AbortSignal): Promise<void> {
    stopping.abort();
    const onHurry = (): void => hurry.abort();
    if (signal.aborted) onHurry();
    else signal.addEventListener('abort', onHurry, { once: true });
    await Promise.all(running);
    signal.removeEventListener('abort', onHurry);
  }

  return { name: 'workers', start: () => Promise.resolve(), run, stop };
}

type Outcome = Next | { readonly kind: 'cut-off' } | { readonly kind: 'failed'; readonly error: SecretError };

function toHangError(cause: unknown): SecretError {
  return new SecretError('INTERNAL', `the work hung and was cut off after ${workLimitMs / 1000} s`, { cause });
}
