import { describe, expect, it, vi } from 'vitest';

import { FakeClock } from '../../../test/fakes/clock.ts';
import { FakeKube } from '../../../test/fakes/kube-server.ts';
import { createLogger } from '../../platform/logger.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { createApiClient } from '../client/http-api-client.ts';
import { keyOf, type KubeObject, resources } from '../objects.ts';
import { type Change, createReflector, type Watched } from './reflector.ts';

const forever = new AbortController().signal;
/** The first pause after a failure is no longer. */
const pauseMs = 1_000;
const silenceMs = 180_000;

describe('a reflector on a real connection', () => {
  it('lists and follows objects of a selector, metadata only', async () => {
    await using stand = await createStand({
      resource: resources.secrets,
      metadataOnly: true,
      labelSelector: 'lockstep.dev/managed=true',
    });
    const { kube, reflector } = stand;
    const labels = { 'lockstep.dev/managed': 'true' };
    kube.put(resources.secrets, { metadata: { namespace: 'shop', name: 'listed', labels }, data: { key: 'dmFsdWU=' } });
    kube.put(resources.secrets, { metadata: { namespace: 'shop', name: 'foreign' }, data: { key: 'dmFsdWU=' } });
    await stand.begin();

    kube.put(resources.secrets, { metadata: { namespace: 'shop', name: 'made', labels }, data: { key: 'dmFsdWU=' } });
    await vi.waitFor(() => expect(keys(reflector)).toEqual(['shop/listed', 'shop/made']));
    kube.remove(resources.secrets, 'shop', 'listed');
    await vi.waitFor(() => expect(keys(reflector)).toEqual(['shop/made']));

    expect(stand.kept.map((object) => 'data' in object)).toEqual([false, false]);
  });

  it('begins with nothing where there is nothing', async () => {
    await using stand = await createStand({ resource: resources.secrets, metadataOnly: true });

    await stand.begin();

    expect(stand.reflector.problem('shop')).toBeUndefined();
  });

  it('reads 1,200 objects page by page', async () => {
    await using stand = await createStand();
    for (let number = 0; number < 1_200; number++) stand.putClass(`class-${number}`);

    await stand.begin();

    expect(stand.reflector.size).toBe(1_200);
    expect(stand.kube.count({ verb: 'list' })).toBe(3);
  });

  it('misses nothing while its connection is cut', async () => {
    await using stand = await createStand();
    await stand.begin();

    stand.kube.watches.cut();
    stand.putClass('made-meanwhile');

    await stand.eventually(() => expect(keys(stand.reflector)).toEqual(['shop/made-meanwhile']));
    expect(stand.kube.count({ verb: 'list' })).toBe(1);
  });

  it('misses nothing over the end of a watch', async () => {
    await using stand = await createStand();
    await stand.begin();
    await stand.clock.advance(pauseMs);

    stand.kube.watches.end();
    stand.putClass('made-meanwhile');

    await vi.waitFor(() => expect(keys(stand.reflector)).toEqual(['shop/made-meanwhile']));
    expect(stand.kube.count({ verb: 'list' })).toBe(1);
  });

  it('notices a connection of which half is dead', async () => {
    await using stand = await createStand();
    await stand.begin();
    stand.kube.watches.freeze();
    stand.putClass('made-meanwhile');
    const before = stand.kube.count({ verb: 'watch' });

    await stand.clock.advance(silenceMs);

    await stand.eventually(() => expect(keys(stand.reflector)).toEqual(['shop/made-meanwhile']));
    expect(stand.kube.count({ verb: 'watch' })).toBe(before + 1);
    expect(stand.kube.count({ verb: 'list' })).toBe(1);
  });

  it.for(['event', 'status'] as const)('lists again after 410 as %s, and reports what differs', async (goneAs) => {
    await using stand = await createStand();
    stand.putClass('old');
    stand.putClass('same');
    await stand.begin();
    stand.changes.length = 0;

    stand.kube.goneAs = goneAs;
    stand.kube.watches.freeze();
    stand.kube.remove(resources.classes, 'shop', 'old');
    stand.putClass('new');
    stand.kube.compact();
    stand.kube.watches.cut();

    await stand.eventually(() => expect(keys(stand.reflector)).toEqual(['shop/same', 'shop/new']));
    expect(stand.changes.map(({ key, isInitial }) => [key, isInitial])).toEqual([
      ['shop/new', false],
      ['shop/old', false],
    ]);
  });

  it('outlives an API server that goes away and comes back', async () => {
    await using stand = await createStand();
    await stand.begin();
    const { port } = stand.kube.listener;
    await stand.kube.listener.close();
    stand.putClass('made-meanwhile');

    await stand.kube.listener.listen(port);
    await stand.eventually(() => expect(keys(stand.reflector)).toEqual(['shop/made-meanwhile']));
    expect(stand.kube.count({ verb: 'list' })).toBe(1);
  });

  it('tells who may do what when a namespace is forbidden', async () => {
    await using stand = await createStand({ resource: resources.classes, namespaces: ['shop', 'bank'] });
    stand.putClass('known');
    stand.kube.forbid({ verb: 'list', namespace: 'bank' });

    await stand.begin(1);

    expect(keys(stand.reflector)).toEqual(['shop/known']);
    expect(stand.reflector.problem('shop')).toBeUndefined();
    expect(stand.reflector.problem('bank')).toMatchObject({
      code: 'KUBE_FORBIDDEN',
      message: expect.stringMatching(/list.*secretproviderclasses.*bank/) as string,
    });
  });

  it('closes its connections when it stops', async () => {
    await using stand = await createStand();
    await stand.begin();

    await stand.reflector.stop(forever);

    await vi.waitFor(() => expect(stand.kube.watches.count).toBe(0));
  });
});

async function createStand(watched: Omit<Watched<KubeObject>, 'keep'> = { resource: resources.classes }) {
  const kube = await FakeKube.start();
  const clock = new FakeClock();
  const metrics = createMetrics();
  const client = createApiClient(kube.config, { clock, metrics });
  const logger = createLogger({ level: 'error', format: 'json' });
  const kept: KubeObject[] = [];
  const keep = (object: KubeObject): KubeObject => {
    kept.push(object);
    return object;
  };
  const deps = { client, clock, logger, metrics, random: () => 0.5 };
  const reflector = createReflector<KubeObject>({ ...watched, keep }, deps);
  const changes: Change<KubeObject>[] = [];
  reflector.onChange((change) => changes.push(change));
  return {
    kube,
    clock,
    kept,
    changes,
    reflector,
    putClass: (name: string) => void kube.put(resources.classes, { metadata: { namespace: 'shop', name } }),
    /** Started, listed and watching. */
    async begin(watches = 1): Promise<void> {
      await reflector.start(forever);
      await reflector.settled(forever);
      await vi.waitFor(() => expect(kube.watches.count).toBe(watches));
    },
    /** What comes true as time passes, pause by pause. */
    async eventually(check: () => void): Promise<void> {
      await vi.waitFor(async () => {
        await clock.advance(pauseMs);
        check();
      });
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await reflector.stop(forever);
      await client.close();
      await kube[Symbol.asyncDispose]();
    },
  };
}

function keys(reflector: { entries(): Iterable<readonly [string, KubeObject]> }): readonly string[] {
  return [...reflector.entries()].map(([, { metadata }]) => keyOf(metadata));
}
