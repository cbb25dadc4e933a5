import type { Clock } from './clock.ts';

export interface DeadlineOptions {
  readonly clock: Pick<Clock, 'now' | 'timer'>;
  /** Milliseconds since the epoch. A time that has passed makes a signal that is aborted at once. */
  readonly atMs: number;
  /** The signal aborts with the reason of the first parent that aborts. */
  readonly parents?: readonly AbortSignal[];
}

/** Dispose when the work is over: it removes the timer and the listeners, and never aborts. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/** A signal that aborts at a time, with a TimeoutError, or with its parents. */
export function createDeadline({ clock, atMs, parents = [] }: DeadlineOptions): Deadline {
  const controller = new AbortController();
  const cleanups: (() => void)[] = [];
  const dispose = (): void => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  };
  const abort = (reason: unknown): void => {
    dispose();
    controller.abort(reason);
  };

  const aborted = parents.find((parent) => parent.aborted);
  if (aborted) abort(aborted.reason);
  else if (atMs <= clock.now()) abort(createTimeoutError());
  else {
    const timer = clock.timer(atMs - clock.now(), () => abort(createTimeoutError()));
    cleanups.push(() => timer[Symbol.dispose]());
    for (const parent of parents) {
      const onAbort = (): void => abort(parent.reason);
      parent.addEventListener('abort', onAbort, { once: true });
      cleanups.push(() => parent.removeEventListener('abort', onAbort));
    }
  }
  return { signal: controller.signal, [Symbol.dispose]: dispose };
}

/** Whether an abort reason says that time ran out, as that of AbortSignal.timeout does. */
export function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

/** Throws the reason of a signal that aborted for any other reason than that time ran out. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted && !isTimeout(signal.reason)) throw signal.reason;
}

function createTimeoutError(): DOMException {
  return new DOMException('the deadline passed', 'TimeoutError');
}
