import { describe, expect, it } from 'vitest';

import { createReflectorUnderTest } from '../../../test/fakes/reflector-under-test.ts';
import { bookmarkAt, listOf, objectAt } from '../../../test/fakes/scripted-api.ts';
import { SecretError } from '../../core/errors.ts';

const minuteMs = 60_000;
const forbidden = new SecretError('KUBE_FORBIDDEN', 'grant list on secretproviderclasses');
const reset = new SecretError('KUBE_UNREACHABLE', 'connection reset');

describe('a problem', () => {
  it('is not an outage after the first list: what is known is kept', async () => {
    const under = createReflectorUnderTest();
    under.api.onList = () => listOf('10', [objectAt('shop/a', '3')]);
    await under.begin();
    under.api.refuse(reset, reset);

    await under.pass(60 * minuteMs);

    expect(under.reflector.problem('shop')).toBeUndefined();
    expect(under.reflector.get('shop/a')).toBe('value-3');
  });

  it('is not a moment of 403, as API servers have when they start', async () => {
    const under = createReflectorUnderTest();
    await under.begin();
    under.api.refuse(forbidden, reset);

    await under.pass(5_000);

    expect(under.reflector.problem('shop')).toBeUndefined();
  });

  it('is not one refused list among those that go well', async () => {
    const under = createReflectorUnderTest();
    await under.begin();
    under.api.refuse(forbidden, new SecretError('KUBE_GONE', '410'));

    await under.pass(2_500);

    expect(under.api.lists.length).toBeGreaterThan(1);
    expect(under.reflector.problem('shop')).toBeUndefined();
  });

  it('is a permission that was taken away, until it is given back', async () => {
    const under = createReflectorUnderTest();
    await under.begin();
    under.api.refuse(forbidden, reset);

    await under.pass(2 * minuteMs);
    expect(under.reflector.problem('shop')).toBe(forbidden);

    under.api.onList = () => listOf('10');
    under.api.onWatch = () => undefined;
    await under.pass(minuteMs);
    expect(under.reflector.problem('shop')).toBeUndefined();
  });

  it('is none when only watching is forbidden: lists keep it current', async () => {
    const under = createReflectorUnderTest();
    await under.begin();
    under.api.onWatch = () => {
      throw forbidden;
    };
    under.api.lastWatch.fail(reset);
    await under.pass(2 * minuteMs);
    under.api.onList = () => listOf('20', [objectAt('shop/new', '15')]);

    await under.pass(2 * minuteMs);

    expect(under.reflector.problem('shop')).toBeUndefined();
    expect(under.reflector.get('shop/new')).toBe('value-15');
    expect(under.lines.map(({ msg, code }) => `${msg} ${code}`)).toEqual([
      'watch failed KUBE_UNREACHABLE',
      'watch failed KUBE_FORBIDDEN',
    ]);
  });
});

describe('silence', () => {
  it('is the time since the last word of the quietest watch', async () => {
    const under = createReflectorUnderTest({ watched: { namespaces: ['shop', 'bank'] } });
    await under.begin();
    await under.pass(20_000);
    under.api.lastWatchOf('shop').send(bookmarkAt('15'));
    await under.pass(10_000);

    expect(under.reflector.silenceMs()).toBe(30_000);
    under.api.lastWatchOf('bank').send(bookmarkAt('15'));
    await under.flush();
    expect(under.reflector.silenceMs()).toBe(10_000);
  });

  it('is broken by the end of a watch', async () => {
    const under = createReflectorUnderTest();
    await under.begin();
    await under.pass(20_000);

    under.api.lastWatch.end();
    await under.flush();

    expect(under.reflector.silenceMs()).toBe(0);
  });

  it('begins with the start', async () => {
    const under = createReflectorUnderTest();
    under.api.onList = () => new Promise(() => undefined);
    await under.pass(10 * minuteMs);

    await under.begin();

    expect(under.reflector.silenceMs()).toBe(0);
  });

  it('does not mind a date that is changed', async () => {
    const under = createReflectorUnderTest();
    await under.begin();

    under.clock.jump(365 * 24 * 60 * minuteMs);
    await under.pass(1_000);

    expect(under.reflector.silenceMs()).toBe(1_000);
    expect(under.api.lists).toHaveLength(1);
  });

  it('grows while the API server cannot be reached, from the start on', async () => {
    const under = createReflectorUnderTest();
    under.api.onList = () => {
      throw reset;
    };
    await under.begin();

    await under.pass(10 * minuteMs);

    expect(under.reflector.silenceMs()).toBe(10 * minuteMs);
  });

  it('is broken by a refusal: the API server is there, and a restart would not help', async () => {
    const under = createReflectorUnderTest();
    under.api.onList = () => {
      throw forbidden;
    };
    await under.begin();

    await under.pass(10 * minuteMs);

    expect(under.reflector.silenceMs()).toBeLessThanOrEqual(minuteMs);
  });

  it('is reported every 10 seconds and with every word', async () => {
    const under = createReflectorUnderTest();
    await under.begin();
    expect(await under.reportedSilence()).toBe(0);

    await under.pass(25_000);
    expect(await under.reportedSilence()).toBe(20);

    under.api.lastWatch.send(bookmarkAt('15'));
    await under.flush();
    expect(await under.reportedSilence()).toBe(0);
  });
});
