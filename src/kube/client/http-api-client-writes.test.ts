import { describe, expect } from 'vitest';

import { it } from '../../../test/fakes/kube-client-under-test.ts';
import { resources } from '../objects.ts';

const { secrets, syncs, serviceAccounts, leases } = resources;
const { signal } = new AbortController();
const db = { namespace: 'shop', name: 'db' };
const apply = { signal, force: true };

describe('writing', () => {
  it('applies under its own name, with what the kind is called', async ({ kube, client, under }) => {
    const applied = await client.apply(secrets, { metadata: db, data: { a: 'YQ==' } }, apply);

    expect(applied).toMatchObject({ apiVersion: 'v1', kind: 'Secret', metadata: db, data: { a: 'YQ==' } });
    expect(applied.metadata.managedFields).toMatchObject([{ manager: 'lockstep', operation: 'Apply' }]);
    expect(kube.requests[0]?.headers).toMatchObject({
      'content-type': 'application/apply-patch+yaml',
      authorization: 'Bearer own-token',
      'user-agent': 'lockstep',
    });
    expect(await under.counted()).toEqual({ 'apply secrets ok': 1 });
  });

  it('applies under another name where it is told to, and leaves alone what it applied under its own', async ({
    kube,
    client,
  }) => {
    await client.apply(secrets, { metadata: db, data: { a: 'YQ==' } }, apply);
    const other = { ...apply, fieldManager: 'lockstep-rollout' };
    await client.apply(secrets, { metadata: db, data: { b: 'Yg==' } }, other);

    const applied = await client.apply(secrets, { metadata: db }, other);

    expect(kube.requests.map(({ query }) => query.get('fieldManager'))).toEqual([
      'lockstep',
      'lockstep-rollout',
      'lockstep-rollout',
    ]);
    expect(applied['data']).toEqual({ a: 'YQ==' });
  });

  it('takes away what it applied before and leaves out now', async ({ client }) => {
    await client.apply(secrets, { metadata: { ...db, labels: { x: '1' } }, data: { a: 'YQ==', b: 'Yg==' } }, apply);

    const applied = await client.apply(secrets, { metadata: db, data: { b: 'Yg==' } }, apply);

    expect(applied['data']).toEqual({ b: 'Yg==' });
    expect(applied.metadata.labels).toBeUndefined();
  });

  it('takes fields over only by force', async ({ kube, client }) => {
    kube.put(secrets, { metadata: db, data: { a: 'YQ==', kept: 'YQ==' } });
    const object = { metadata: db, data: { a: 'Yg==' } };

    await expect(client.apply(secrets, object, { signal, force: false })).rejects.toMatchObject({
      code: 'KUBE_CONFLICT',
      message: expect.stringContaining('conflict with "kubectl": .data.a'),
    });
    expect(await client.apply(secrets, object, apply)).toMatchObject({ data: { a: 'Yg==', kept: 'YQ==' } });
  });

  it('refuses to apply onto a version that changed, onto another object, or in place of one that is gone', async ({
    kube,
    client,
  }) => {
    const { metadata } = kube.put(secrets, { metadata: db });
    const { uid, resourceVersion } = metadata;
    kube.put(secrets, { metadata: { ...db, labels: { x: '1' } } });
    const conflict = { code: 'KUBE_CONFLICT' };

    await expect(client.apply(secrets, { metadata: { ...db, resourceVersion } }, apply)).rejects.toMatchObject(
      conflict,
    );
    await expect(client.apply(secrets, { metadata: { ...db, uid: 'other' } }, apply)).rejects.toMatchObject(conflict);
    kube.remove(secrets, 'shop', 'db');
    await expect(client.apply(secrets, { metadata: { ...db, uid, resourceVersion } }, apply)).rejects.toMatchObject(
      conflict,
    );
    await expect(client.apply(secrets, { metadata: { ...db, uid } }, apply)).rejects.toMatchObject(conflict);
    expect(kube.all(secrets)).toEqual([]);
  });

  it('applies a status apart from the rest', async ({ kube, client, under }) => {
    kube.put(syncs, { metadata: db, spec: { a: 1 } });

    const applied = await client.apply(
      syncs,
      { metadata: db, spec: { a: 2 }, status: { b: 3 } },
      { ...apply, subresource: 'status' },
    );

    expect(applied).toMatchObject({ spec: { a: 1 }, status: { b: 3 }, metadata: { generation: 1 } });
    expect(kube.calls).toEqual(['apply secretproviderclasssyncs/status shop/db']);
    expect(await under.counted()).toEqual({ 'apply secretproviderclasssyncs/status ok': 1 });
  });

  it('creates once', async ({ client }) => {
    const created = await client.create(leases, { metadata: db, spec: { holderIdentity: 'a' } }, { signal });

    expect(created).toMatchObject({ kind: 'Lease', spec: { holderIdentity: 'a' } });
    await expect(client.create(leases, { metadata: db }, { signal })).rejects.toMatchObject({
      code: 'KUBE_CONFLICT',
      message: expect.stringContaining('create leases shop/db: leases "db" already exists'),
    });
  });

  it('updates the version it knows', async ({ client }) => {
    const created = await client.create(leases, { metadata: db, spec: { holderIdentity: 'a' } }, { signal });
    const next = { ...created, spec: { holderIdentity: 'b' } };

    expect(await client.update(leases, next, { signal })).toMatchObject({ spec: { holderIdentity: 'b' } });
    await expect(client.update(leases, next, { signal })).rejects.toMatchObject({ code: 'KUBE_CONFLICT' });
  });

  it('merges a patch, null taking away', async ({ kube, client }) => {
    kube.put(secrets, { metadata: { ...db, labels: { x: '1', y: '2' } } });

    const patched = await client.patch(secrets, db, { metadata: { labels: { x: null, z: '3' } } }, { signal });

    expect(patched.metadata.labels).toEqual({ y: '2', z: '3' });
    expect(kube.requests[0]?.headers['content-type']).toBe('application/merge-patch+json');
  });

  it('deletes the object it means, and no other', async ({ kube, client }) => {
    const { metadata } = kube.put(secrets, { metadata: db });
    const { uid, resourceVersion } = metadata;
    const conflict = { code: 'KUBE_CONFLICT' };

    await expect(client.delete(secrets, db, { signal, preconditions: { uid: 'other' } })).rejects.toMatchObject(
      conflict,
    );
    await expect(
      client.delete(secrets, db, { signal, preconditions: { uid, resourceVersion: '1' } }),
    ).rejects.toMatchObject(conflict);
    await client.delete(secrets, db, { signal, preconditions: { uid, resourceVersion } });

    expect(kube.get(secrets, 'shop', 'db')).toBeUndefined();
  });

  it('has deleted what is gone already', async ({ client, under }) => {
    await client.delete(secrets, db, { signal, preconditions: { uid: '1' } });

    expect(await under.counted()).toEqual({ 'delete secrets ok': 1 });
  });

  it('creates tokens', async ({ kube, client }) => {
    kube.put(serviceAccounts, { metadata: { namespace: 'shop', name: 'web' } });
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: ['vault'] } };

    const answer = await client.createSubresource(serviceAccounts, { ...db, name: 'web' }, 'token', { signal, body });

    expect(answer).toMatchObject({ status: { token: 'token-1.shop.web.vault' } });
    await expect(client.createSubresource(serviceAccounts, db, 'token', { signal, body })).rejects.toMatchObject({
      code: 'KUBE_NOT_FOUND',
      message: 'create serviceaccounts/token shop/db: serviceaccounts "db" not found; create it',
    });
  });

  it('explains why the API server refuses', async ({ kube, client, under }) => {
    kube.forbid({ verb: 'apply', namespace: 'shop' });
    kube.terminating.add('going');

    await expect(client.apply(secrets, { metadata: db }, apply)).rejects.toMatchObject({
      code: 'KUBE_FORBIDDEN',
      message: expect.stringContaining('lockstep may not patch secrets in namespace shop (secrets "db" is forbidden'),
    });
    await expect(client.apply(secrets, { metadata: { ...db, namespace: 'going' } }, apply)).rejects.toMatchObject({
      code: 'NAMESPACE_TERMINATING',
    });
    expect(await under.counted()).toEqual({
      'apply secrets KUBE_FORBIDDEN': 1,
      'apply secrets NAMESPACE_TERMINATING': 1,
    });
  });

  it('sends nothing under a name that leads elsewhere', async ({ kube, client }) => {
    const name = '../../kube-system/secrets/admin';

    await expect(client.get(secrets, { namespace: 'shop', name }, { signal })).rejects.toMatchObject({
      code: 'KUBE_REFUSED',
    });
    expect(kube.requests).toEqual([]);
  });
});
