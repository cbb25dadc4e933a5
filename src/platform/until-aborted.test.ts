import { getEventListeners } from 'node:events';

import { describe, expect, it } from 'vitest';

import { untilAborted } from './until-aborted.ts';

describe('untilAborted', () => {
  it('gives the result and leaves no listener behind', async () => {
    const { signal } = new AbortController();

    await expect(untilAborted(Promise.resolve('value'), signal)).resolves.toBe('value');

    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('rejects with the reason of a signal that aborts first', async () => {
    const controller = new AbortController();
    const waiting = untilAborted(new Promise(() => undefined), controller.signal);

    controller.abort(new Error('cancelled'));

    await expect(waiting).rejects.toThrow('cancelled');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('prefers the reason of a signal that was aborted before', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));

    await expect(untilAborted(Promise.resolve('value'), signal)).rejects.toThrow('cancelled');
  });

  it('swallows a failure that comes after the abort', async () => {
    const work = Promise.withResolvers<never>();

    await expect(untilAborted(work.promise, AbortSignal.abort(new Error('cancelled')))).rejects.toThrow('cancelled');
    work.reject(new Error('late'));

    // An unhandled rejection would fail the run.
    await expect(work.promise).rejects.toThrow('late');
  });
});
