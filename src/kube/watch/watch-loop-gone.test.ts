import { describe, expect, it } from 'vitest';

import {
  beginReflector,
  createReflectorUnderTest,
  type ReflectorUnderTest,
  versionsOf,
} from '../../../test/fakes/reflector-under-test.ts';
import { listOf, objectAt } from '../../../test/fakes/scripted-api.ts';
import { SecretError } from '../../core/errors.ts';

const minuteMs = 60_000;

describe('a version that is too old', () => {
  const endings: readonly [string, (under: ReflectorUnderTest) => void][] = [
    ['as a status', ({ api }) => api.lastWatch.fail(new SecretError('KUBE_GONE', '410'))],
    ['as an event', ({ api }) => api.lastWatch.send({ type: 'ERROR', code: 410, message: 'too old' })],
  ];

  it.for(endings)('is answered with a list after a short pause (%s)', async ([, end]) => {
    const under = await beginReflector();
    under.api.onList = () => listOf('90', [objectAt('shop/a', '80')]);

    end(under);
    await under.flush();
    expect(under.api.lists).toHaveLength(1);
    await under.pass(1_000);

    expect(await under.lists()).toEqual({ start: 1, gone: 1 });
    expect(versionsOf(under)).toEqual(['10', '90']);
    expect(under.changes.at(-1)).toMatchObject({ key: 'shop/a', isInitial: false });
  });

  it('is not listed again and again without pauses when it is too old every time', async () => {
    const under = await beginReflector();
    under.api.onWatch = () => {
      throw new SecretError('KUBE_GONE', '410');
    };
    under.api.lastWatch.fail(new SecretError('KUBE_GONE', '410'));

    await under.pass(10 * minuteMs);

    expect(under.api.lists.length).toBeLessThan(50);
  });

  it('starts the list over when it comes in the middle of the pages', async () => {
    const under = createReflectorUnderTest();
    const answers = [
      () => listOf('5', [objectAt('shop/old', '1'), objectAt('shop/a', '2')], 'page 2'),
      () => {
        throw new SecretError('KUBE_GONE', 'the continue token has expired');
      },
      () => listOf('9', [objectAt('shop/a', '2')], 'page 2'),
      () => listOf('9', [objectAt('shop/b', '8')]),
    ];
    under.api.onList = () => answers.shift()?.() ?? listOf('0');
    await under.begin();

    await under.pass(1_000);

    expect(under.api.lists.map(({ options }) => options.continue)).toEqual([undefined, 'page 2', undefined, 'page 2']);
    expect([...under.reflector.entries()].map(([key]) => key)).toEqual(['shop/a', 'shop/b']);
    expect(versionsOf(under)).toEqual(['9']);
  });
});
