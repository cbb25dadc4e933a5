import { inspect } from 'node:util';

import { describe, expect } from 'vitest';

import { it } from '../../../test/fakes/kube-client-under-test.ts';
import { resources } from '../objects.ts';

const { secrets, syncs, namespaces } = resources;
const { signal } = new AbortController();
const db = { namespace: 'shop', name: 'db' };
const apply = { signal, force: true };

describe('reading', () => {
  it('gets an object as it is', async ({ kube, client, under }) => {
    const stored = kube.put(secrets, { metadata: db, data: { a: 'YQ==' } });

    expect(await client.get(secrets, db, { signal })).toEqual(stored);
    expect(await under.counted()).toEqual({ 'get secrets ok': 1 });
  });

  it('says undefined of an object that is not there', async ({ client, under }) => {
    expect(await client.get(secrets, db, { signal })).toBeUndefined();
    expect(await client.get(namespaces, { name: 'shop' }, { signal })).toBeUndefined();
    expect(await under.counted()).toEqual({ 'get secrets ok': 1, 'get namespaces ok': 1 });
  });

  it('does not take a kind that is not served for an object that is not there', async ({ kube, client, under }) => {
    kube.served.delete('lockstep.dev/secretproviderclasssyncs');

    await expect(client.get(syncs, db, { signal })).rejects.toMatchObject({
      code: 'KUBE_NOT_FOUND',
      message: expect.stringContaining('install the CRDs of deploy/crds'),
    });
    expect(await under.counted()).toEqual({ 'get secretproviderclasssyncs KUBE_NOT_FOUND': 1 });
  });

  it('gets and lists metadata alone', async ({ kube, client }) => {
    kube.put(secrets, { metadata: db, data: { a: 'YQ==' } });

    const got = await client.get(secrets, db, { signal, metadataOnly: true });
    const list = await client.list(secrets, { signal, metadataOnly: true });

    expect(got).toMatchObject({ kind: 'PartialObjectMetadata', metadata: db });
    expect(got).not.toHaveProperty('data');
    expect(list.items).toEqual([got]);
    expect(kube.requests.map(({ headers }) => headers.accept)).toEqual([
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    ]);
  });

  it('lists page by page, at one version', async ({ kube, client }) => {
    for (const name of ['a', 'b', 'c']) kube.put(secrets, { metadata: { namespace: 'shop', name } });

    const first = await client.list(secrets, { signal, limit: 2 });
    kube.put(secrets, { metadata: { namespace: 'shop', name: 'd' } });
    const token = first.metadata.continue ?? '';
    const second = await client.list(secrets, { signal, limit: 2, continue: token });

    expect([...first.items, ...second.items].map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
    expect(second.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
  });

  it('lists what a selector and a namespace choose', async ({ kube, client }) => {
    kube.put(secrets, { metadata: { ...db, labels: { app: 'web' } } });
    kube.put(secrets, { metadata: { namespace: 'shop', name: 'plain' } });
    kube.put(secrets, { metadata: { namespace: 'other', name: 'db', labels: { app: 'web' } } });

    const list = await client.list(secrets, { signal, namespace: 'shop', labelSelector: 'app=web' });

    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['db']);
  });

  it('tells that the pages of a list are too old', async ({ kube, client }) => {
    for (const name of ['a', 'b']) kube.put(secrets, { metadata: { namespace: 'shop', name } });
    const { metadata } = await client.list(secrets, { signal, limit: 1 });
    kube.compact();

    await expect(client.list(secrets, { signal, continue: metadata.continue ?? '' })).rejects.toMatchObject({
      code: 'KUBE_GONE',
    });
  });

  it.for([
    ['no JSON', 'hidden'],
    ['an array', []],
    ['null', null],
    ['without metadata', { kind: 'Secret' }],
    ['without a version', { metadata: { name: 'hidden', uid: '1' } }],
    ['with a number for a name', { metadata: { name: 1, uid: '1', resourceVersion: '1' } }],
  ] as const)('refuses an answer that is %s, without its text', async ([, body], { kube, client }) => {
    kube.script({}, { status: 200, body });

    const failures = await Promise.allSettled([
      client.get(secrets, db, { signal }),
      client.list(secrets, { signal }),
      client.apply(secrets, { metadata: db }, apply),
    ]);

    for (const failure of failures) {
      expect(failure).toMatchObject({ status: 'rejected', reason: { code: 'KUBE_ANSWER_INVALID' } });
      expect(inspect(failure)).not.toContain('hidden');
    }
  });

  it.for([
    { metadata: {}, items: [] },
    { metadata: { resourceVersion: '1' } },
    { metadata: { resourceVersion: '1' }, items: {} },
    { metadata: { resourceVersion: '1' }, items: [{}] },
  ])('refuses a list that is none: %j', async (body, { kube, client }) => {
    kube.script({}, { status: 200, body });

    await expect(client.list(secrets, { signal })).rejects.toMatchObject({ code: 'KUBE_ANSWER_INVALID' });
  });

  it('takes null for no objects', async ({ kube, client }) => {
    kube.script({}, { status: 200, body: { metadata: { resourceVersion: '1' }, items: null } });

    expect(await client.list(secrets, { signal })).toMatchObject({ items: [] });
  });

  it('reads no answer that is beyond all measure', async ({ kube, client }) => {
    kube.script({}, { status: 200, body: 'x'.repeat(65 * 1024 * 1024) });

    await expect(client.list(secrets, { signal })).rejects.toMatchObject({
      code: 'KUBE_ANSWER_INVALID',
      message: expect.stringContaining('it is larger than 67108864 bytes'),
    });
  });
});
