import type { Clock } from './clock.ts';
import { createDeadline } from './deadline.ts';
import type { Logger } from './logger.ts';
import { untilAborted } from './until-aborted.ts';

/** A part of the daemon with a beginning and an end. */
export interface Component {
  /** For the log. */
  readonly name: string;
  /** Ready to work when it resolves. Rejects when it cannot start; then `stop` is not called. */
  start(signal: AbortSignal): Promise<void>;
  /** Finishes what is in flight. When the signal aborts it must hurry: cut off what is left and resolve. */
  stop(signal: AbortSignal): Promise<void>;
}

export interface LifecycleDeps {
  readonly clock: Pick<Clock, 'now' | 'timer'>;
  readonly logger: Logger;
  /** In the order of starting. */
  readonly components: readonly Component[];
  /** One bound for stopping all of them. */
  readonly stopTimeoutMs: number;
}

export interface Lifecycle {
  /** Starts one after the other. When one fails, those that run are stopped and its error is thrown. */
  start(signal: AbortSignal): Promise<void>;
  /** Stops in reverse order; never rejects. An aborted `hurry` means now, as the deadline does. */
  stop(hurry: AbortSignal): Promise<void>;
}

/** What a component gets to cut off the rest after the signal to hurry, before it is left behind. */
const lastWordMs = 1000;

/** Brings the parts of a daemon up and down. A part that does not stop is logged and left behind. */
export function createLifecycle({ clock, logger, components, stopTimeoutMs }: LifecycleDeps): Lifecycle {
  const running: Component[] = [];

  async function start(signal: AbortSignal): Promise<void> {
    try {
      for (const component of components) {
        signal.throwIfAborted();
        await component.start(signal);
        running.push(component);
      }
    } catch (error) {
      await stop(AbortSignal.abort());
      throw error;
    }
  }

  async function stop(hurry: AbortSignal): Promise<void> {
    using deadline = createDeadline({ clock, atMs: clock.now() + stopTimeoutMs, parents: [hurry] });
    for (let component = running.pop(); component; component = running.pop()) {
      await stopOne(component, deadline.signal);
    }
  }

  async function stopOne(component: Component, signal: AbortSignal): Promise<void> {
    using last = leaveBehindAfter(signal);
    try {
      await untilAborted(component.stop(signal), last.signal);
    } catch (error) {
      logger.error({ component: component.name, err: error }, 'component did not stop');
    }
  }

  /** A signal that aborts a moment after the given one. */
  function leaveBehindAfter(signal: AbortSignal): { readonly signal: AbortSignal } & Disposable {
    const controller = new AbortController();
    let timer: Disposable | undefined;
    const onAbort = (): void => {
      timer = clock.timer(lastWordMs, () => controller.abort(new DOMException('left behind', 'TimeoutError')));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => {
        signal.removeEventListener('abort', onAbort);
        timer?.[Symbol.dispose]();
      },
    };
  }

  return { start, stop };
}
