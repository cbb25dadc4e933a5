import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { type Component, createLifecycle } from './lifecycle.ts';
import { createLogger } from './logger.ts';

const forever = new AbortController().signal;

describe('createLifecycle', () => {
  it('starts in order and stops in reverse', async () => {
    const { lifecycle, events } = setUp({ a: {}, b: {}, c: {} });

    await lifecycle.start(forever);
    await lifecycle.stop(forever);

    expect(events).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  it('waits for one part before it goes on with the next', async () => {
    const stopping = Promise.withResolvers<void>();
    const { lifecycle, events, clock } = setUp({ a: {}, b: { stop: () => stopping.promise } });
    await lifecycle.start(forever);

    const stopped = lifecycle.stop(forever);
    await clock.advance(10);
    expect(events.at(-1)).toBe('stop b');

    stopping.resolve();
    await stopped;
    expect(events.at(-1)).toBe('stop a');
  });

  it('stops what runs when a part cannot start, in a hurry, and throws its error', async () => {
    const signals: AbortSignal[] = [];
    const { lifecycle, events } = setUp({
      a: { stop: async (signal) => void signals.push(signal) },
      b: { start: () => Promise.reject(new Error('port taken')) },
      c: {},
    });

    await expect(lifecycle.start(forever)).rejects.toThrow('port taken');

    expect(events).toEqual(['start a', 'start b', 'stop a']);
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  });

  it('starts nothing more when it is told to end meanwhile', async () => {
    const end = new AbortController();
    const { lifecycle, events } = setUp({ a: { start: async () => end.abort(new Error('SIGTERM')) }, b: {} });

    await expect(lifecycle.start(end.signal)).rejects.toThrow('SIGTERM');

    expect(events).toEqual(['start a', 'stop a']);
  });

  it('tells all parts to hurry when the one deadline passes, and leaves behind who does not', async () => {
    const { lifecycle, events, clock, lines } = setUp({
      a: {},
      b: { stop: () => new Promise(() => undefined) },
      c: { stop: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())) },
    });
    await lifecycle.start(forever);

    const stopped = lifecycle.stop(forever);
    await clock.advance(999);
    expect(events.at(-1)).toBe('stop c');
    await clock.advance(1);
    expect(events.at(-1)).toBe('stop b');
    await clock.advance(1000);
    await stopped;

    expect(events.at(-1)).toBe('stop a');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"component":"b"');
    expect(clock.waiting).toBe(0);
  });

  it('hurries on request', async () => {
    const hurry = new AbortController();
    const { lifecycle, clock } = setUp({
      a: { stop: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())) },
    });
    await lifecycle.start(forever);

    const stopped = lifecycle.stop(hurry.signal);
    hurry.abort();

    await expect(stopped).resolves.toBeUndefined();
    expect(clock.waiting).toBe(0);
  });

  it('goes on stopping when a part fails to, and says so', async () => {
    const { lifecycle, events, lines } = setUp({ a: {}, b: { stop: () => Promise.reject(new Error('stuck')) } });
    await lifecycle.start(forever);

    await lifecycle.stop(forever);

    expect(events.at(-1)).toBe('stop a');
    expect(lines[0]).toContain('stuck');
  });

  it('stops each part once', async () => {
    const { lifecycle, events } = setUp({ a: {} });
    await lifecycle.start(forever);

    await Promise.all([lifecycle.stop(forever), lifecycle.stop(forever)]);

    expect(events).toEqual(['start a', 'stop a']);
  });
});

type Script = Partial<Omit<Component, 'name'>>;

function setUp(scripts: Readonly<Record<string, Script>>) {
  const clock = new FakeClock();
  const events: string[] = [];
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line) });
  const components = Object.entries(scripts).map(([name, script]): Component => ({
    name,
    async start(signal) {
      events.push(`start ${name}`);
      await script.start?.(signal);
    },
    async stop(signal) {
      events.push(`stop ${name}`);
      await script.stop?.(signal);
    },
  }));
  return { lifecycle: createLifecycle({ clock, logger, components, stopTimeoutMs: 1000 }), clock, events, lines };
}
