import { describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { LearnedValue } from './learned-value.ts';
import { createLogger } from './logger.ts';

const { signal } = new AbortController();

function learning(learn: (attempt: number, signal: AbortSignal) => Promise<string | undefined>) {
  const clock = new FakeClock();
  const log: unknown[] = [];
  const logger = createLogger({ level: 'info', format: 'json', write: (line) => void log.push(JSON.parse(line)) });
  let attempts = 0;
  const value = new LearnedValue({ clock, logger, name: 'region', learn: (own) => learn(++attempts, own) });
  return { clock, value, log, attempts: () => attempts };
}

describe('a learned value', () => {
  it('is there when the start is over, and is asked for once', async () => {
    const { clock, value, attempts, log } = learning(() => Promise.resolve('eu-west-1'));
    await value.start(signal);
    await clock.advance(60_000);

    expect(value.value).toBe('eu-west-1');
    expect(attempts()).toBe(1);
    expect(log).toMatchObject([{ msg: 'region learned', value: 'eu-west-1' }]);
  });

  it('may turn out not to exist', async () => {
    const { value, log } = learning(() => Promise.resolve(undefined));
    await value.start(signal);

    expect(value.value).toBeUndefined();
    expect(log).toMatchObject([{ value: null }]);
  });

  it('is asked for again after failures, while the start goes on without it', async () => {
    const { clock, value, log } = learning((attempt) =>
      attempt < 3 ? Promise.reject(new Error('no server')) : Promise.resolve('late'),
    );
    const started = value.start(signal);
    await clock.advance(5_000);
    await started;
    expect(value.value).toBeUndefined();
    await clock.advance(15_000);

    expect(value.value).toBe('late');
    expect(log).toMatchObject([{ level: 'warn' }, { level: 'warn' }, { level: 'info' }]);
  });

  it('does not hold up the start when nobody answers, nor the end', async () => {
    const signals: AbortSignal[] = [];
    const { clock, value, attempts } = learning((_, own) => {
      signals.push(own);
      return new Promise((_resolve, reject) => own.addEventListener('abort', () => reject(new Error('cut off'))));
    });
    const started = value.start(signal);
    await clock.advance(5_000);
    await started;
    await value.stop();
    await clock.advance(60_000);

    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(attempts()).toBe(1);
    expect(clock.waiting).toBe(0);
  });

  it('is no longer asked for once it is stopped between two tries', async () => {
    const { clock, value, attempts } = learning(() => Promise.reject(new Error('no server')));
    const started = value.start(signal);
    await clock.advance(6_000);
    await started;
    await value.stop();
    await clock.advance(60_000);

    expect(attempts()).toBe(1);
    expect(clock.waiting).toBe(0);
  });
});
