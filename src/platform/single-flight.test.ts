import { describe, expect, it, vi } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { SingleFlight } from './single-flight.ts';

const { signal } = new AbortController();

function create() {
  const clock = new FakeClock();
  const flights = new SingleFlight<string>({ clock, timeoutMs: 1_000 });
  const calls: { readonly key: string; readonly signal: AbortSignal; finish: (value: string) => void }[] = [];
  const start = (key: string) =>
    flights.call(key, (own) => {
      const result = Promise.withResolvers<string>();
      own.addEventListener('abort', () => result.reject(own.reason as Error));
      calls.push({ key, signal: own, finish: result.resolve });
      return result.promise;
    });
  return { clock, calls, start };
}

describe('SingleFlight', () => {
  it('works once per key for all who ask meanwhile, and anew for who asks later', async () => {
    const { calls, start } = create();
    const waiting = [start('a').wait(signal), start('a').wait(signal), start('b').wait(signal)];
    expect(calls.map(({ key }) => key)).toEqual(['a', 'b']);
    for (const call of calls) call.finish(`done ${call.key}`);
    expect(await Promise.all(waiting)).toEqual(['done a', 'done a', 'done b']);

    const later = start('a').wait(signal);
    expect(calls).toHaveLength(3);
    calls[2]?.finish('again');
    expect(await later).toBe('again');
  });

  it('lets all who wait see a failure, and nobody after them', async () => {
    const { clock, calls, start } = create();
    const waiting = [start('a').wait(signal), start('a').wait(signal)];
    const settled = Promise.allSettled(waiting);
    await clock.advance(1_000);
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);

    const later = start('a').wait(signal);
    calls[1]?.finish('fine');
    expect(await later).toBe('fine');
  });

  it('begins nothing for who was cancelled before', async () => {
    const flights = new SingleFlight<string>({ clock: new FakeClock(), timeoutMs: 1_000 });
    const run = vi.fn<(own: AbortSignal) => Promise<string>>();

    const joined = flights.join('a', { signal: AbortSignal.abort(new Error('gone')), run });

    await expect(joined).rejects.toThrow('gone');
    expect(run).not.toHaveBeenCalled();
  });

  it('does not let anybody join work that the last waiter gave up', async () => {
    const { calls, start } = create();
    const controller = new AbortController();
    const left = start('a').wait(controller.signal);
    controller.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(calls[0]?.signal.aborted).toBe(true);

    const next = start('a').wait(signal);
    expect(calls).toHaveLength(2);
    calls[1]?.finish('fine');
    expect(await next).toBe('fine');
  });
});
