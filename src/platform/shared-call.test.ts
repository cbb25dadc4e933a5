import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { createDeadline, isTimeout } from './deadline.ts';
import { impatient, SharedCall } from './shared-call.ts';
import { untilAborted } from './until-aborted.ts';

const forever = new AbortController().signal;

describe('SharedCall', () => {
  it('gives its result to everybody who waits', async () => {
    const { call, result } = start();
    const waits = [call.wait(forever), call.wait(forever)];

    result.resolve('value');

    await expect(Promise.all(waits)).resolves.toEqual(['value', 'value']);
  });

  it('gives its failure to everybody who waits', async () => {
    const { call, result } = start();
    const waits = [call.wait(forever), call.wait(forever)];

    result.reject(new Error('refused'));

    const settled = await Promise.allSettled(waits);
    expect(settled.map((wait) => wait.status === 'rejected' && String(wait.reason))).toEqual([
      'Error: refused',
      'Error: refused',
    ]);
  });

  it('goes on when one of two callers is cancelled', async () => {
    const { call, result, signal } = start();
    const cancelled = new AbortController();
    const [first, second] = [call.wait(cancelled.signal), call.wait(forever)];

    cancelled.abort(new Error('cancelled'));
    await expect(first).rejects.toThrow('cancelled');
    expect(signal().aborted).toBe(false);
    expect(call.isAbandoned).toBe(false);

    result.resolve('value');
    await expect(second).resolves.toBe('value');
  });

  it('is aborted when the last caller is cancelled', async () => {
    const { call, signal } = start();
    const callers = [new AbortController(), new AbortController()];
    const waits = callers.map((caller) => call.wait(caller.signal));

    for (const caller of callers) caller.abort(new Error('cancelled'));
    await Promise.allSettled(waits);

    expect(call.isAbandoned).toBe(true);
    expect(signal().aborted).toBe(true);
  });

  it('has its own bound, whoever waits', async () => {
    const clock = new FakeClock();
    const { call } = start(clock);
    const wait = call.wait(forever).catch((error: unknown) => error);

    await clock.advance(1000);

    expect(isTimeout(await wait)).toBe(true);
    expect(clock.waiting).toBe(0);
  });

  it('is refused to a caller who was cancelled before', async () => {
    const { call } = start();

    await expect(call.wait(AbortSignal.abort(new Error('cancelled')))).rejects.toThrow('cancelled');
  });
});

describe('SharedCall.waitBriefly', () => {
  it('gives the result when it comes in time', async () => {
    const clock = new FakeClock();
    const { call, result } = start(clock);
    const wait = call.waitBriefly(forever, 100);

    result.resolve('value');

    await expect(wait).resolves.toBe('value');
    expect(call.isAbandoned).toBe(true);
  });

  it('loses patience when the call is old enough, and lets it go on for the next one', async () => {
    const clock = new FakeClock();
    const { call, result, signal } = start(clock);
    const first = call.waitBriefly(forever, 100);

    await clock.advance(100);
    await expect(first).resolves.toBe(impatient);
    expect(signal().aborted).toBe(false);

    const second = call.wait(forever);
    result.resolve('late value');
    await expect(second).resolves.toBe('late value');
  });

  it('has no patience at all with a call that is too old already', async () => {
    const clock = new FakeClock();
    const { call, signal } = start(clock);
    const keeper = call.wait(forever);
    await clock.advance(150);

    await expect(call.waitBriefly(forever, 100)).resolves.toBe(impatient);

    expect(signal().aborted).toBe(false);
    await clock.advance(1000);
    await expect(keeper).rejects.toThrow('deadline');
  });

  it('rejects with the reason of a caller who is cancelled, and aborts the call', async () => {
    const clock = new FakeClock();
    const { call, signal } = start(clock);
    const cancelled = new AbortController();
    const wait = call.waitBriefly(cancelled.signal, 100);

    cancelled.abort(new Error('cancelled'));

    await expect(wait).rejects.toThrow('cancelled');
    expect(signal().aborted).toBe(true);
  });

  it('loses patience with a caller whose time is up, and lets the call go on', async () => {
    const clock = new FakeClock();
    const { call, signal } = start(clock);
    using limit = createDeadline({ clock, atMs: clock.now() + 50 });
    const wait = call.waitBriefly(limit.signal, 100);

    await clock.advance(50);

    await expect(wait).resolves.toBe(impatient);
    expect(signal().aborted).toBe(false);
  });

  it('hands on the failure of the call', async () => {
    const { call, result } = start();
    const wait = call.waitBriefly(forever, 100);

    result.reject(new Error('refused'));

    await expect(wait).rejects.toThrow('refused');
  });
});

function start(clock = new FakeClock()) {
  const result = Promise.withResolvers<string>();
  let signal = forever;
  const call = new SharedCall({
    clock,
    timeoutMs: 1000,
    run: (given) => {
      signal = given;
      return untilAborted(result.promise, given);
    },
  });
  return { call, result, signal: () => signal };
}
