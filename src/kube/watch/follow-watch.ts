import { untilAborted } from '../../platform/until-aborted.ts';
import type { WatchEvent } from '../client/api-client.ts';

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** What it throws ends the watch. */
  readonly onEvent: (event: WatchEvent) => void;
}

/**
 * Follows a watch. Resolves when it ended of itself, throws what broke it. When the signal aborts it throws the reason at
 * once: a watch that does not react to the signal is left behind.
 */
export async function followWatch(watch: AsyncIterable<WatchEvent>, { signal, onEvent }: FollowOptions): Promise<void> {
  const events = watch[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await untilAborted(events.next(), signal);
      if (next.done === true) return;
      onEvent(next.value);
    }
  } finally {
    void letGo(events);
  }
}

async function letGo(events: AsyncIterator<WatchEvent>): Promise<void> {
  try {
    await events.return?.();
  } catch {
    // The watch is over, and what ended it is known already.
  }
}
