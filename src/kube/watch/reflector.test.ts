import { describe, expect, it } from 'vitest';

import { createReflectorUnderTest } from '../../../test/fakes/reflector-under-test.ts';
import { listOf, objectAt } from '../../../test/fakes/scripted-api.ts';
import { SecretError } from '../../core/errors.ts';
import { resources } from '../objects.ts';

const forever = new AbortController().signal;
const minuteMs = 60_000;

describe('a reflector that starts', () => {
  it('knows what the list and the watch have brought', async () => {
    const under = createReflectorUnderTest();
    under.api.onList = () => listOf('10', [objectAt('shop/a', '3'), objectAt('bank/b', '4')]);
    await under.begin();
    await under.reflector.settled(forever);

    under.api.lastWatch.send(
      { type: 'ADDED', object: objectAt('shop/c', '11') },
      { type: 'MODIFIED', object: objectAt('shop/a', '12') },
      { type: 'DELETED', object: objectAt('bank/b', '13') },
    );
    await under.flush();

    expect(under.reflector.size).toBe(2);
    expect(under.reflector.get('shop/a')).toBe('value-12');
    expect([...under.reflector.entries('shop')].map(([key]) => key)).toEqual(['shop/a', 'shop/c']);
    expect(under.changes.map(({ key, isInitial }) => [key, isInitial])).toEqual([
      ['shop/a', true],
      ['bank/b', true],
      ['shop/c', false],
      ['shop/a', false],
      ['bank/b', false],
    ]);
  });

  it('watches what it is told to', async () => {
    const under = createReflectorUnderTest({
      watched: { resource: resources.secrets, labelSelector: 'lockstep.dev/managed=true', metadataOnly: true },
    });
    await under.begin();

    expect(under.api.lastWatch.resource).toBe(resources.secrets);
    expect(under.api.lastWatch.options).toMatchObject({
      namespace: undefined,
      labelSelector: 'lockstep.dev/managed=true',
      metadataOnly: true,
      resourceVersion: '1',
    });
  });

  it('starts at once and settles when the first list has ended', async () => {
    const under = createReflectorUnderTest();
    const answer = Promise.withResolvers<ReturnType<typeof listOf>>();
    under.api.onList = () => answer.promise;
    await under.begin();
    let isSettled = false;
    const settled = under.reflector.settled(forever).finally(() => (isSettled = true));

    await under.flush();
    expect(isSettled).toBe(false);
    expect(under.reflector.problem('shop')).toMatchObject({ code: 'KUBE_UNAVAILABLE' });

    answer.resolve(listOf('10'));
    await settled;
    expect(under.reflector.problem('shop')).toBeUndefined();
  });

  it('settles when the first list went badly, tells why, and goes on trying', async () => {
    const under = createReflectorUnderTest();
    under.api.onList = () => {
      throw new SecretError('KUBE_NOT_FOUND', 'no such resource');
    };
    await under.begin();

    await under.reflector.settled(forever);
    expect(under.reflector.problem('shop')).toMatchObject({ code: 'KUBE_NOT_FOUND' });

    under.api.onList = () => listOf('10', [objectAt('shop/a', '3')]);
    await under.pass(1_000);
    expect(under.reflector.problem('shop')).toBeUndefined();
    expect(under.changes).toEqual([expect.objectContaining({ key: 'shop/a', isInitial: true })]);
  });

  it('gives up waiting with the signal', async () => {
    const { reflector } = createReflectorUnderTest();
    const cancelled = new AbortController();
    const settled = reflector.settled(cancelled.signal);

    cancelled.abort(new Error('cancelled'));

    await expect(settled).rejects.toThrow('cancelled');
  });

  it('holds no more than one page at a time', async () => {
    const under = createReflectorUnderTest();
    const sizes: number[] = [];
    under.api.onList = ({ continue: token = '0' }) => {
      sizes.push(under.reflector.size);
      const page = Number(token);
      return listOf('10', [objectAt(`shop/${page}`, '1')], page < 3 ? String(page + 1) : undefined);
    };
    await under.begin();

    expect(sizes).toEqual([0, 1, 2, 3]);
  });
});

describe('whatever goes wrong', () => {
  it('a client that throws what it must not is tried again, and everything is listed again', async () => {
    const under = createReflectorUnderTest();
    await under.begin();

    under.api.lastWatch.fail(new TypeError('a defect of the client'));
    await under.pass(1_000);

    expect(await under.lists()).toEqual({ start: 1, failed: 1 });
    expect(under.lines).toContainEqual(expect.objectContaining({ level: 'error', code: 'INTERNAL' }));
  });

  it('a log and metrics that cannot be written stop nothing', async () => {
    const under = createReflectorUnderTest();
    const lines = under.lines;
    lines.push = () => {
      throw new Error('disk full');
    };
    await under.begin();

    for (let failure = 0; failure < 3; failure++) {
      under.api.lastWatch.fail(new SecretError('KUBE_UNREACHABLE', 'connection reset'));
      await under.pass(minuteMs);
    }
    under.api.lastWatch.send({ type: 'ADDED', object: objectAt('shop/a', '12') });
    await under.flush();

    expect(under.reflector.get('shop/a')).toBe('value-12');
  });

  it('a keep and a listener that throw stop nothing', async () => {
    const under = createReflectorUnderTest({
      watched: {
        keep: ({ metadata }) => {
          if (metadata.name === 'poison') throw new Error('a defect');
          return metadata.name;
        },
      },
    });
    under.reflector.onChange(() => {
      throw new Error('another defect');
    });
    under.api.onList = () => listOf('10', [objectAt('shop/poison', '3'), objectAt('shop/a', '4')]);
    await under.begin();

    under.api.lastWatch.send(
      { type: 'MODIFIED', object: objectAt('shop/poison', '11') },
      { type: 'ADDED', object: objectAt('shop/b', '12') },
    );
    await under.flush();

    expect([...under.reflector.entries()].map(([key]) => key)).toEqual(['shop/a', 'shop/b']);
    expect(under.api.watches).toHaveLength(1);
    expect(under.lines.every(({ code, level }) => code === 'INTERNAL' && level === 'error')).toBe(true);
  });
});

describe('stop', () => {
  it.for(['list', 'watch', 'pause'] as const)('ends everything at once, in a %s', async (during) => {
    const under = createReflectorUnderTest();
    if (during === 'list') under.api.onList = () => new Promise(() => undefined);
    await under.begin();
    if (during === 'pause') under.api.lastWatch.fail(new SecretError('KUBE_UNREACHABLE', 'connection reset'));
    await under.flush();

    await under.reflector.stop(forever);

    expect(under.clock.waiting).toBe(0);
    const calls = under.api.lists.length + under.api.watches.length;
    await under.pass(60 * minuteMs);
    expect(under.api.lists.length + under.api.watches.length).toBe(calls);
    await expect(under.reflector.settled(forever)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('lets go of the watch', async () => {
    const under = createReflectorUnderTest();
    await under.begin();

    await under.reflector.stop(forever);
    await under.flush();

    expect(under.api.lastWatch.isOver).toBe(true);
  });

  it('is fine before the start', async () => {
    await expect(createReflectorUnderTest().reflector.stop(forever)).resolves.toBeUndefined();
  });
});
