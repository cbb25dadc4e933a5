import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { SecretBytes } from '../../core/secret-bytes.ts';
import { resources } from '../../kube/objects.ts';
import { failureOf } from '../../../test/fakes/kube-client-under-test.ts';
import { versionKeyOf, versionSource as source, VersionsUnderTest } from '../../../test/fakes/versions-under-test.ts';
import { toVersionSecret } from './version-secret.ts';

let test: VersionsUnderTest;

beforeEach(async () => {
  test = await VersionsUnderTest.start();
});
afterEach(async () => await test[Symbol.asyncDispose]());

describe('a version that is new', () => {
  it('is an immutable Secret with the same type and bytes, named by their hash', async () => {
    const data = new Map([
      ['tls.crt', SecretBytes.from('certificate')],
      ['tls.key', SecretBytes.from(Buffer.from([0, 255, 10]))],
    ]);
    const { name, version, change } = await test.ensure(source('', { type: 'kubernetes.io/tls', data }));
    expect(name).toBe(`db-${version}`);
    expect(version).toMatch(/^[0-9a-v]{12}$/);
    expect(change).toBe('created');
    expect(test.get(name)).toMatchObject({
      type: 'kubernetes.io/tls',
      immutable: true,
      data: { 'tls.crt': 'Y2VydGlmaWNhdGU=', 'tls.key': 'AP8K' },
    });
  });

  it('carries our marks and none by which the watch of synced Secrets or another tool would take it', async () => {
    const labels = {
      team: 'payments',
      'app.kubernetes.io/name': 'shop',
      'app.kubernetes.io/instance': 'shop',
      'app.kubernetes.io/managed-by': 'Helm',
      'argocd.argoproj.io/secret-type': 'repository',
      'kustomize.toolkit.fluxcd.io/name': 'apps',
      'helm.toolkit.fluxcd.io/name': 'shop',
      'helm.sh/chart': 'shop-1',
      'applyset.kubernetes.io/part-of': 'applyset-x-v1',
      'secrets-store.csi.k8s.io/managed': 'true',
      'reconcile.external-secrets.io/managed': 'true',
      'lockstep.dev/managed': 'true',
    };
    const { name, version } = await test.ensure(source('a', { labels }));
    expect(test.get(name)?.metadata).toMatchObject({
      labels: {
        team: 'payments',
        'app.kubernetes.io/name': 'shop',
        'lockstep.dev/pinned-source': 'db',
        'lockstep.dev/version': version,
      },
      annotations: {
        'argocd.argoproj.io/sync-options': 'Prune=false',
        'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
        'lockstep.dev/current-since': '2026-01-01T00:00:00.000Z',
        'lockstep.dev/leased-until': '2026-01-01T00:15:00.000Z',
      },
    });
    expect(Object.keys(test.get(name)?.metadata.labels ?? {})).toHaveLength(4);
    expect(test.get(name)?.metadata.ownerReferences).toBeUndefined();
  });

  it('costs one look and one write', async () => {
    await test.ensure(source('a'));
    expect(test.kube.calls.map((call) => call.split(' ', 2).join(' '))).toEqual(['get secrets', 'create secrets']);
  });

  it('of a Secret with a long name is found again by its shortened label', async () => {
    const { name, change } = await test.ensure(source('a', { name: 'd'.repeat(240) }));
    const object = test.get(name);
    expect(name).toHaveLength(253);
    expect(change).toBe('created');
    expect(object && toVersionSecret(object)?.source).toBe('d'.repeat(240));
    expect((await test.ensure(source('a', { name: 'd'.repeat(240) }))).change).toBe('reused');
  });

  it('is refused where the name has no room for it, before any request', async () => {
    const error = await failureOf(test.ensure(source('a', { name: 'd'.repeat(241) })));
    expect(error).toMatchObject({ code: 'SECRET_INVALID', message: expect.stringContaining('a shorter secretName') });
    expect(test.kube.calls).toEqual([]);
  });

  it('has another hash in another namespace', async () => {
    const other = await test.ensure(source('a', { namespace: 'other' }));
    expect((await test.ensure(source('a'))).version).not.toBe(other.version);
  });

  it.for([
    [{ status: 403, reason: 'exceeded quota: few, requested: count/secrets=1' }, 'QUOTA_EXCEEDED'],
    [{ status: 500, reason: 'etcdserver: no space' }, 'KUBE_UNAVAILABLE'],
  ] as const)('leaves nothing half done when the API server says no: %j', async ([{ status, reason }, code]) => {
    const message = `secrets "db" is forbidden: ${reason}`;
    const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', message, code: status };
    test.kube.script({ verb: 'create', plural: 'secrets' }, { status, body });
    expect(await failureOf(test.ensure(source('a')))).toMatchObject({ code });
    expect(test.all()).toEqual([]);
  });
});

describe('a version that is current', () => {
  it('stays without a write while the bytes are the same', async () => {
    const first = await test.ensure(source('a'));
    test.kube.requests.length = 0;
    expect(await test.ensure(source('a'), first.name)).toEqual({ name: first.name, version: first.version });
    expect(test.kube.calls).toEqual([`get secrets shop/${first.name}`]);
  });

  it('stays when the key of the hashes is lost', async () => {
    const first = await test.ensure(source('a'));
    expect(await test.ensure(source('a'), first.name, versionKeyOf(2))).toMatchObject({ name: first.name });
    expect(test.all()).toHaveLength(1);
  });

  it.for([
    ['other bytes', source('b')],
    ['one more key', source('a', { data: new Map([...source('a').data, ['x', SecretBytes.from('')]]) })],
    ['another type', source('a', { type: 'example.com/own' })],
  ] as const)('is followed by another for %s', async ([, next]) => {
    const first = await test.ensure(source('a'));
    const second = await test.ensure(next, first.name);
    expect(second).toMatchObject({ change: 'created' });
    expect(second.name).not.toBe(first.name);
    expect(test.all()).toHaveLength(2);
  });

  it('is made anew under the same name when somebody has deleted it', async () => {
    const first = await test.ensure(source('a'));
    test.kube.remove(resources.secrets, 'shop', first.name);
    expect(await test.ensure(source('a'), first.name)).toEqual({ ...first, change: 'created' });
  });

  it.for(['tls-0123456789ab', 'db', '', '../x'])(
    'is not looked for under %j, which is no version of the source',
    async (name) => {
      await test.ensure(source('a'), name);
      expect(test.kube.calls[0]).toMatch(/^get secrets shop\/db-/);
    },
  );
});

it('never shows a value in a name, label, annotation or error', async () => {
  const { name } = await test.ensure(source('hunter2'));
  const { data: _data, ...shown } = test.get(name) ?? { data: undefined };
  const encoded = Buffer.from('hunter2').toString('base64');
  expect(JSON.stringify(shown)).not.toContain('hunter2');
  test.kube.script({ verb: 'create', plural: 'secrets' }, ({ body }) => ({
    status: 422,
    body: { kind: 'Status', reason: 'Invalid', message: `invalid: ${JSON.stringify(body)}`, code: 422 },
  }));
  const error = await failureOf(test.ensure(source('hunter2', { name: 'other' })));
  expect(error).toMatchObject({ code: 'KUBE_REFUSED' });
  expect(String(error)).not.toContain(encoded);
});
