import { describe, expect, it } from 'vitest';

import { createReflectorUnderTest } from '../../../test/fakes/reflector-under-test.ts';
import { listOf, objectAt } from '../../../test/fakes/scripted-api.ts';
import { SecretError } from '../../core/errors.ts';
import type { ListOptions } from '../client/api-client.ts';

const forever = new AbortController().signal;
const minuteMs = 60_000;
const forbidden = new SecretError('KUBE_FORBIDDEN', 'grant list on secretproviderclasses');

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
    expect(under.api.lastWatchOf('shop').isOver).toBe(false);

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

    under.api.lastWatchOf('bank').fail(new SecretError('KUBE_GONE', '410'));
    await under.pass(1_000);

    expect([...under.reflector.entries()].map(([key]) => key)).toEqual(['shop/a']);
  });
});

function shutting(closed: string): (options: ListOptions) => ReturnType<typeof listOf> {
  return ({ namespace }) => {
    if (namespace === closed) throw forbidden;
    return listOf('10');
  };
}
