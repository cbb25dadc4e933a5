import { describe, expect, it } from 'vitest';

import { failureOf } from '../../../test/fakes/kube-client-under-test.ts';
import { ReflectorGroup } from './reflector-group.ts';
import type { Reflector } from './reflector.ts';

const { signal } = new AbortController();

/** A reflector that is listed when the test says so. */
function createFake(name: string) {
  const listed = Promise.withResolvers<void>();
  const calls: string[] = [];
  const fake = { silentMs: 0, calls, listed };
  const unused = (): never => {
    throw new Error('nobody asks for it');
  };
  const reflector: Reflector<unknown> = {
    name,
    size: 0,
    get: unused,
    entries: unused,
    problem: unused,
    onChange: unused,
    settled: () => listed.promise,
    silenceMs: () => fake.silentMs,
    start: async () => void calls.push('start'),
    stop: async () => void calls.push('stop'),
  };
  return Object.assign(fake, { reflector });
}

function createGroup() {
  const [one, two] = [createFake('watch of a'), createFake('watch of b')];
  return { one, two, group: new ReflectorGroup('watches', [one.reflector, two.reflector]) };
}

describe('reflectors that belong together', () => {
  it('begin and end together', async () => {
    const { one, two, group } = createGroup();
    await group.start(signal);
    await group.stop(signal);

    expect([one.calls, two.calls]).toEqual([
      ['start', 'stop'],
      ['start', 'stop'],
    ]);
  });

  it('are settled when all were listed, also where nobody waits for it', async () => {
    const { one, two, group } = createGroup();
    await group.start(signal);
    one.listed.resolve();
    await one.listed.promise;
    expect(group.unsettled()).toMatch(/not been listed/);

    two.listed.resolve();
    await group.settled(signal);
    expect(group.unsettled()).toBeUndefined();
  });

  it('are not settled when one was stopped before it was listed', async () => {
    const { one, two, group } = createGroup();
    await group.start(signal);
    one.listed.resolve();
    const stopped = new Error('stopped');
    two.listed.reject(stopped);

    expect(await failureOf(group.settled(signal))).toBe(stopped);
    expect(group.unsettled()).toBeDefined();
  });

  it('are stuck when one has heard of nothing for more than half an hour', () => {
    const { two, group } = createGroup();
    two.silentMs = 30 * 60_000;
    expect(group.silent()).toBeUndefined();

    two.silentMs++;
    expect(group.silent()).toMatch(/^watch of b: /);
  });
});
