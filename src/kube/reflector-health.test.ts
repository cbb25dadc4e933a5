import { describe, expect, it } from 'vitest';

import { createReflectorUnderTest, type ReflectorUnderTest } from '../../test/fakes/reflector-under-test.ts';
import { bookmarkAt, listOf, objectAt, type ScriptedWatch } from '../../test/fakes/scripted-api.ts';
import { SecretError } from '../core/errors.ts';
import type { ListOptions } from './api-client.ts';

const forever = new AbortController().signal;
const minuteMs = 60_000;
const forbidden = new SecretError('KUBE_FORBIDDEN', 'grant list on secretproviderclasses');
const reset = new SecretError('KUBE_UNREACHABLE', 'connection reset');

describe('a reflector of several namespaces', () => {
  it('lists and watches each of them', async () => {
    const under = createReflectorUnderTest({ watched: { namespaces: ['shop', 'bank'] } });
    under.api.onList = ({ namespace = '' }) => listOf('10', [objectAt(`${namespace}/a`, '3')]);
    await under.begin();

    expect(under.api.watches.map(({ options }) => options.namespace)).toEqual(['shop', 'bank']);
    expect([...under.reflector.entries()].map(([key]) => key)).toEqual(['shop/a', 'bank/a']);
  });

  it('watches a namespace once that is named twice', async () => {
    const under = createReflectorUnderTest({ watched: { namespaces: ['shop', 'shop'] } });
    await under.begin();

    expect(under.api.watches).toHaveLength(1);
  });

  it('settles at once with none', async () => {
    const { reflector } = createReflectorUnderTest({ watched: { namespaces: [] } });

    await expect(reflector.settled(forever)).resolves.toBeUndefined();
    expect(reflector.silenceMs()).toBe(0);
  });

  it('says that a namespace is not watched, and what to do about it', () => {
    const { reflector } = createReflectorUnderTest({ watched: { namespaces: ['shop'] } });

    expect(reflector.problem('bank')).toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'secretproviderclasses in namespace bank are not watched; add the namespace to --namespaces',
    });
  });

  it('tells that one is forbidden, without hurting the others, and knows it when that is over', async () => {
    const under = createReflectorUnderTest({ watched: { namespaces: ['shop', 'bank'] } });
    under.api.onList = shutting('bank');
    await under.begin();
    await under.reflector.settled(forever);

    expect(under.reflector.problem('bank')).toBe(forbidden);
    expect(under.reflector.problem('shop')).toBeUndefined();
    expect(watchOf(under, 'shop').isOver).toBe(false);

    await under.pass(5 * minuteMs);
    under.api.onList = ({ namespace = '' }) => listOf('10', [objectAt(`${namespace}/a`, '3')]);
    await under.pass(minuteMs);

    expect(under.reflector.problem('bank')).toBeUndefined();
    expect(under.reflector.get('bank/a')).toBe('value-3');
  });

  it('asks for a forbidden one about once a minute', async () => {
    const under = createReflectorUnderTest({ watched: { namespaces: ['bank'] }, random: () => 0.999_999 });
    under.api.onList = shutting('bank');
    await under.begin();
    await under.pass(3 * minuteMs);
    const before = under.api.lists.length;

    await under.pass(10 * minuteMs);

    expect(under.api.lists.length - before).toBe(10);
    expect(under.lines).toHaveLength(1);

    under.api.onList = () => listOf('10');
    await under.pass(minuteMs);
    expect(under.lines.map(({ msg, namespace }) => `${msg} ${namespace}`)).toEqual([
      'list failed bank',
      'watch works again bank',
    ]);
  });

  it('removes what is gone of one namespace only', async () => {
    const under = createReflectorUnderTest({ watched: { namespaces: ['shop', 'bank'] } });
    under.api.onList = ({ namespace = '' }) => listOf('10', [objectAt(`${namespace}/a`, '3')]);
    await under.begin();
    under.api.onList = () => listOf('90');

    watchOf(under, 'bank').fail(new SecretError('KUBE_GONE', '410'));
    await under.pass(1_000);

    expect([...under.reflector.entries()].map(([key]) => key)).toEqual(['shop/a']);
  });
});

describe('a problem', () => {
  it('is not an outage after the first list: what is known is kept', async () => {
    const under = createReflectorUnderTest();
    under.api.onList = () => listOf('10', [objectAt('shop/a', '3')]);
    await under.begin();
    refuseAll(under, reset);

    await under.pass(60 * minuteMs);

    expect(under.reflector.problem('shop')).toBeUndefined();
    expect(under.reflector.get('shop/a')).toBe('value-3');
  });

  it('is not a moment of 403, as API servers have when they start', async () => {
    const under = createReflectorUnderTest();
    await under.begin();
    refuseAll(under, forbidden);

    await under.pass(5_000);

    expect(under.reflector.problem('shop')).toBeUndefined();
  });

  it('is not one refused list among those that go well', async () => {
    const under = createReflectorUnderTest();
    await under.begin();
    refuseAll(under, forbidden, new SecretError('KUBE_GONE', '410'));

    await under.pass(2_500);

    expect(under.api.lists.length).toBeGreaterThan(1);
    expect(under.reflector.problem('shop')).toBeUndefined();
  });

  it('is a permission that was taken away, until it is given back', async () => {
    const under = createReflectorUnderTest();
    await under.begin();
    refuseAll(under, forbidden);

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
    watchOf(under, 'shop').send(bookmarkAt('15'));
    await under.pass(10_000);

    expect(under.reflector.silenceMs()).toBe(30_000);
    watchOf(under, 'bank').send(bookmarkAt('15'));
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
    const under = createReflectorUnderTest({ watched: { namespaces: ['bank'] } });
    under.api.onList = shutting('bank');
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

function shutting(closed: string): (options: ListOptions) => ReturnType<typeof listOf> {
  return ({ namespace }) => {
    if (namespace === closed) throw forbidden;
    return listOf('10');
  };
}

/** The watch breaks, and nothing is answered any more but the error. */
function refuseAll({ api }: ReflectorUnderTest, error: SecretError, end = reset): void {
  const refuse = (): never => {
    throw error;
  };
  api.onList = refuse;
  api.onWatch = refuse;
  api.lastWatch.fail(end);
}

function watchOf({ api }: ReflectorUnderTest, namespace: string): ScriptedWatch {
  const watch = api.watches.findLast(({ options }) => options.namespace === namespace);
  if (watch === undefined) throw new Error(`${namespace} is not watched`);
  return watch;
}
