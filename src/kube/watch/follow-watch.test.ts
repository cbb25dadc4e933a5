import { setImmediate } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { bookmarkAt, ScriptedApi } from '../../../test/fakes/scripted-api.ts';
import type { WatchEvent } from '../client/api-client.ts';
import { followWatch } from './follow-watch.ts';
import { resources } from '../objects.ts';

describe('followWatch', () => {
  it('hands on events in order and resolves when the watch ends', async () => {
    const { watch, events, followed } = await setUp();
    watch.send(bookmarkAt('1'), bookmarkAt('2'));
    watch.end();

    await expect(followed).resolves.toBeUndefined();
    expect(events).toEqual([bookmarkAt('1'), bookmarkAt('2')]);
  });

  it('throws what broke the watch', async () => {
    const { watch, followed } = await setUp();
    watch.fail(new Error('connection reset'));

    await expect(followed).rejects.toThrow('connection reset');
  });

  it('ends the watch when an event is not to be borne', async () => {
    const { watch, followed } = await setUp(() => {
      throw new Error('too much');
    });
    watch.send(bookmarkAt('1'));

    await expect(followed).rejects.toThrow('too much');
    await setImmediate();
    expect(watch.isOver).toBe(true);
  });

  it.for([false, true])('ends at once with the signal (the watch is deaf: %s)', async (isDeaf) => {
    const { watch, followed, end } = await setUp();
    watch.isDeaf = isDeaf;

    end.abort(new Error('stopped'));

    await expect(followed).rejects.toThrow('stopped');
    await setImmediate();
    expect(watch.isOver).toBe(!isDeaf);
  });

  it('does not mind a watch that fails when it is let go', async () => {
    const watch: AsyncIterable<WatchEvent> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: true, value: undefined }),
        return: () => Promise.reject(new Error('socket closed')),
      }),
    };

    await expect(
      followWatch(watch, { signal: new AbortController().signal, onEvent: () => undefined }),
    ).resolves.toBeUndefined();
  });
});

async function setUp(onEvent?: (event: WatchEvent) => void) {
  const api = new ScriptedApi();
  const end = new AbortController();
  const { signal } = end;
  const events: WatchEvent[] = [];
  const options = { resourceVersion: '0', timeoutSeconds: 300, idleLimitMs: 1000, signal };
  const followed = followWatch(api.watch(resources.classes, options), {
    signal,
    onEvent: onEvent ?? ((event) => events.push(event)),
  });
  // Whoever awaits it comes a moment later.
  followed.catch(() => undefined);
  await setImmediate();
  return { watch: api.lastWatch, events, followed, end };
}
