import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ApiClient } from '../../src/kube/client/api-client.ts';
import { type KubeObject, resources } from '../../src/kube/objects.ts';
import { createKubeUnderTest, type KubeUnderTest } from './kube-client-under-test.ts';
import type { FakeKube } from './kube-server.ts';

const { secrets, syncs } = resources;
const { signal } = new AbortController();
const db = { namespace: 'shop', name: 'db' };

let under: KubeUnderTest;
let kube: FakeKube;
let client: ApiClient;

beforeEach(async () => {
  under = await createKubeUnderTest({ now: () => Date.UTC(2026, 0, 1) });
  ({ kube, client } = under);
});

afterEach(async () => {
  await under[Symbol.asyncDispose]();
});

async function apply(object: object, metadata: object = {}): Promise<KubeObject> {
  return await client.apply(secrets, { ...object, metadata: { ...db, ...metadata } }, { signal, force: true });
}

/** As the real API server was seen to do: see the name of each test. */
describe('the fake API server', () => {
  it('makes no new version of what stays the same', async () => {
    const first = await apply({ data: { a: 'YQ==' } }, { labels: { x: '1' } });

    expect(await apply({ data: { a: 'YQ==' } }, { labels: { x: '1' } })).toEqual(first);
    expect(kube.store.changesAfter(Number(first.metadata.resourceVersion))).toEqual([]);
  });

  it('keeps what another manager has as well when one leaves it out', async () => {
    kube.put(secrets, { metadata: { ...db, labels: { shared: '1' } }, data: { a: 'YQ==', foreign: 'YQ==' } });
    await apply({ data: { a: 'YQ==', own: 'YQ==' } }, { labels: { shared: '1' } });

    const left = await apply({});

    expect(left).toMatchObject({ data: { a: 'YQ==', foreign: 'YQ==' }, metadata: { labels: { shared: '1' } } });
    expect(left['data']).not.toHaveProperty('own');
  });

  it('takes a field away from who had it when it is forced, and gives it back by an update', async () => {
    kube.put(secrets, { metadata: db, data: { a: 'YQ==' } });
    const taken = await apply({ data: { a: 'Yg==' } });
    const back = kube.put(secrets, { metadata: db, data: { a: 'Yw==' } });

    expect(taken.metadata.managedFields).toEqual([
      expect.objectContaining({ manager: 'kubectl', fieldsV1: { 'f:type': {} } }),
      expect.objectContaining({ manager: 'lockstep', operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {} } } }),
    ]);
    expect(back.metadata.managedFields).toEqual([
      expect.objectContaining({ manager: 'kubectl', fieldsV1: { 'f:data': { 'f:a': {} }, 'f:type': {} } }),
    ]);
  });

  it('writes ownership as the real one does', async () => {
    const owner = { apiVersion: 'v1', kind: 'X', name: 'x', uid: 'u1' };
    const metadata = { labels: { 'a/b': '1' }, annotations: { c: '2' }, ownerReferences: [owner] };
    const { managedFields } = (await apply({ data: { d: 'YQ==' }, immutable: false }, metadata)).metadata;

    expect(managedFields).toEqual([
      {
        manager: 'lockstep',
        operation: 'Apply',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:data': { 'f:d': {} },
          'f:immutable': {},
          'f:metadata': {
            'f:annotations': { 'f:c': {} },
            'f:labels': { 'f:a/b': {} },
            'f:ownerReferences': { 'k:{"uid":"u1"}': {} },
          },
        },
      },
    ]);
    expect((await apply({})).metadata.ownerReferences).toBeUndefined();
  });

  it('forgets owners when a backup is restored without them', async () => {
    await apply({ data: { a: 'YQ==', b: 'YQ==' } });
    kube.put(secrets, { metadata: { ...db, managedFields: [] }, data: { a: 'YQ==', b: 'YQ==' } });

    expect((await apply({ data: { a: 'YQ==' } }))['data']).toEqual({ a: 'YQ==', b: 'YQ==' });
  });

  it('makes anew what is applied with a version alone and is gone', async () => {
    expect(await apply({}, { resourceVersion: '5' })).toMatchObject({ metadata: db });
  });

  it('gives an object a uid, a time, a version, and what has a spec a generation', async () => {
    const secret = await apply({});
    const sync = kube.put(syncs, { metadata: db, spec: { a: 1 } });
    kube.put(syncs, { metadata: { ...db, labels: { x: '1' } }, spec: { a: 1 } });
    const changed = kube.put(syncs, { metadata: db, spec: { a: 2 } });

    expect(secret).toMatchObject({ type: 'Opaque', metadata: { creationTimestamp: '2026-01-01T00:00:00Z' } });
    expect(secret.metadata.generation).toBeUndefined();
    expect(sync.metadata.generation).toBe(1);
    expect(changed.metadata).toMatchObject({ uid: sync.metadata.uid, generation: 2 });
  });

  it('encodes plain strings of a Secret', async () => {
    const secret = await apply({ stringData: { a: 'plain' } });

    expect(secret).toMatchObject({ data: { a: Buffer.from('plain').toString('base64') } });
    expect(secret).not.toHaveProperty('stringData');
  });

  it.for([
    ['another type', { type: 'kubernetes.io/tls' }, 'type: Invalid value: "kubernetes.io/tls": field is immutable'],
    [
      'other data',
      { data: { a: 'Yg==' }, immutable: true },
      'data: Forbidden: field is immutable when `immutable` is set',
    ],
    ['a change back', { data: { a: 'YQ==' } }, 'immutable: Forbidden: field is immutable when `immutable` is set'],
    ['more than 1 MiB', { data: { a: 'A'.repeat(1_400_004) } }, 'data: Too long: may not be more than 1048576 bytes'],
  ] as const)('refuses %s for an immutable Secret', async ([, object, message]) => {
    await apply({ data: { a: 'YQ==' }, immutable: true });

    await expect(apply(object)).rejects.toMatchObject({
      code: 'KUBE_REFUSED',
      message: expect.stringContaining(`Secret "db" is invalid: ${message}`),
    });
  });

  it('makes nothing where there is no namespace', async () => {
    kube.missingNamespaces.add('shop');

    await expect(apply({})).rejects.toMatchObject({
      code: 'KUBE_NOT_FOUND',
      message: expect.stringContaining('namespaces "shop" not found; create the namespace'),
    });
  });

  it('tells a watch with a selector what enters and what leaves', async () => {
    const options = { signal, resourceVersion: String(kube.store.version), timeoutSeconds: 60, idleLimitMs: 60_000 };
    const events = client.watch(secrets, { ...options, labelSelector: 'in=yes' })[Symbol.asyncIterator]();
    for (const labels of [{}, { in: 'yes' }, { in: 'yes', x: '1' }, { in: 'no' }, {}]) {
      kube.put(secrets, { metadata: { ...db, labels } });
    }
    kube.put(secrets, { metadata: { ...db, name: 'last', labels: { in: 'yes' } } });

    const types: string[] = [];
    for (let count = 0; count < 4; count++) types.push((await events.next()).value?.type ?? '');

    expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED']);
    await events.return?.();
  });

  it('carries out what it answers otherwise, when it is told to', async () => {
    kube.script({ verb: 'apply' }, 'reset', { times: 1, isCarriedOut: true });

    await expect(apply({ data: { a: 'YQ==' } })).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
    expect(kube.get(secrets, 'shop', 'db')).toMatchObject({ data: { a: 'YQ==' } });
  });
});
