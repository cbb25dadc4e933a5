import { describe, expect, it } from 'vitest';

import { beginReflector, versionsOf } from '../../../test/fakes/reflector-under-test.ts';
import { bookmarkAt, objectAt } from '../../../test/fakes/scripted-api.ts';
import { SecretError } from '../../core/errors.ts';
import type { WatchEvent } from '../client/api-client.ts';

const minuteMs = 60_000;

describe('a watch that ends', () => {
  it('is begun again at once from the last version seen, without a list', async () => {
    const under = await beginReflector();
    under.api.lastWatch.send({ type: 'ADDED', object: objectAt('shop/a', '12') }, bookmarkAt('15'));
    await under.pass(5 * minuteMs);

    under.api.lastWatch.end();
    await under.flush();

    expect(versionsOf(under)).toEqual(['10', '15']);
    expect(under.api.lists).toHaveLength(1);
  });

  it('is begun again from the version of the list when it brought nothing', async () => {
    const under = await beginReflector();
    await under.pass(minuteMs);

    under.api.lastWatch.end();
    await under.flush();

    expect(versionsOf(under)).toEqual(['10', '10']);
  });

  it('never turns in a hot loop, however soon it ends', async () => {
    const under = await beginReflector();
    under.api.onWatch = () => under.api.lastWatch.end();
    under.api.lastWatch.end();

    await under.pass(10 * minuteMs);

    // 6 pauses that double, and then one of 15 to 30 s each.
    expect(under.api.watches.length).toBeGreaterThan(15);
    expect(under.api.watches.length).toBeLessThan(50);
  });

  it('asks for an end of its own between 5 and 10 minutes', async () => {
    for (const [random, seconds] of [
      [0, 300],
      [0.5, 450],
      [0.999, 599],
    ] as const) {
      const under = await beginReflector({ random: () => random });
      expect(under.api.lastWatch.options.timeoutSeconds).toBe(seconds);
      expect(under.api.lastWatch.options.idleLimitMs).toBeLessThan(300_000);
    }
  });
});

describe('a watch that fails', () => {
  it('is begun again after a pause from the last version, without a list', async () => {
    const under = await beginReflector();
    under.api.lastWatch.send(bookmarkAt('15'));
    await under.flush();

    under.api.lastWatch.fail(new SecretError('KUBE_UNREACHABLE', 'connection reset'));
    await under.pass(500);
    expect(under.api.watches).toHaveLength(1);
    await under.pass(500);

    expect(versionsOf(under)).toEqual(['10', '15']);
    expect(under.api.lists).toHaveLength(1);
  });

  it('pauses longer and longer, half a minute at most, for as long as it takes', async () => {
    const under = await beginReflector({ random: () => 0.999_999 });
    const startedMs = under.clock.monotonic();
    const tries: number[] = [];
    under.api.onWatch = () => {
      tries.push(Math.round((under.clock.monotonic() - startedMs) / 1000));
      throw new SecretError('KUBE_UNREACHABLE', 'no connection');
    };
    under.api.lastWatch.fail(new SecretError('KUBE_UNREACHABLE', 'connection reset'));

    await under.pass(2 * minuteMs);

    expect(tries).toEqual([1, 3, 7, 15, 31, 61, 91]);
    expect(under.api.lists).toHaveLength(1);
  });

  it('pauses briefly again once it has worked for a while', async () => {
    const under = await beginReflector();
    for (let failure = 0; failure < 4; failure++) {
      under.api.lastWatch.fail(new SecretError('KUBE_UNREACHABLE', 'connection reset'));
      await under.pass(10_000);
    }
    await under.pass(minuteMs);
    const before = under.api.watches.length;

    under.api.lastWatch.fail(new SecretError('KUBE_UNREACHABLE', 'connection reset'));
    await under.pass(1_000);

    expect(under.api.watches).toHaveLength(before + 1);
  });

  it('takes an ERROR event for a failure like any other', async () => {
    const under = await beginReflector();
    under.api.lastWatch.send(bookmarkAt('15'), { type: 'ERROR', code: 500, message: 'etcd is gone' });

    await under.pass(1_000);

    expect(versionsOf(under)).toEqual(['10', '15']);
    expect(under.api.lists).toHaveLength(1);
    expect(under.lines.filter(({ level }) => level === 'warn').map(({ code }) => code)).toEqual(['KUBE_UNAVAILABLE']);
  });

  it.for(['KUBE_REFUSED', 'KUBE_UNAVAILABLE', 'KUBE_FORBIDDEN'] as const)(
    'lists again when the server answers %s again and again: the version may be no good',
    async (code) => {
      const under = await beginReflector();
      under.api.onWatch = () => {
        throw new SecretError(code, 'no');
      };
      under.api.lastWatch.fail(new SecretError(code, 'no'));

      await under.pass(3_000);
      expect(await under.lists()).toEqual({ start: 1 });
      await under.pass(2 * minuteMs);

      expect((await under.lists())['failed']).toBeGreaterThanOrEqual(1);
      expect((await under.lists())['failed']).toBeLessThan(10);
    },
  );

  it('logs a row of equal failures once, and when it works again', async () => {
    const under = await beginReflector();
    for (let failure = 0; failure < 5; failure++) {
      under.api.lastWatch.fail(new SecretError('KUBE_UNREACHABLE', 'connection reset'));
      await under.pass(30_000);
    }
    under.api.lastWatch.send(bookmarkAt('15'));
    await under.flush();

    const said = under.lines.map(({ level, msg }) => `${level} ${msg}`);
    expect(said).toEqual(['warn watch failed', 'info watch works again']);
  });
});

describe('events', () => {
  it('may go back in version after the data was restored, and the watch goes on from there', async () => {
    const under = await beginReflector();
    await under.pass(minuteMs);

    under.api.lastWatch.send({ type: 'ADDED', object: objectAt('shop/a', '4') });
    under.api.lastWatch.end();
    await under.flush();

    expect(versionsOf(under)).toEqual(['10', '4']);
  });

  it('that go back within one watch do not set it back', async () => {
    const under = await beginReflector();
    await under.pass(minuteMs);

    under.api.lastWatch.send(bookmarkAt('15'), { type: 'ADDED', object: objectAt('shop/a', '12') });
    under.api.lastWatch.end();
    await under.flush();

    expect(versionsOf(under)).toEqual(['10', '15']);
  });

  it.for([
    '{"type":"RENAMED","object":{"metadata":{"name":"a","namespace":"shop","resourceVersion":"99"}}}',
    '{"type":"ADDED"}',
    '{"type":"ADDED","object":null}',
    '{"type":"BOOKMARK","object":{}}',
    '{"type":"DELETED","object":{"metadata":{}}}',
    '{"object":{}}',
    '{}',
  ])('that nobody understands are ignored: %s', async (text) => {
    const under = await beginReflector();
    await under.pass(minuteMs);

    under.api.lastWatch.send(JSON.parse(text) as WatchEvent, { type: 'ADDED', object: objectAt('shop/a', '12') });
    await under.flush();

    expect(under.changes.map(({ key }) => key)).toEqual(['shop/a']);
    expect(under.api.watches).toHaveLength(1);
    under.api.lastWatch.end();
    await under.flush();
    expect(versionsOf(under)).toEqual(['10', '12']);
  });
});
