import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { SecretBytes } from '../core/secret-bytes.ts';
import { type KubeObject, resources } from '../kube/objects.ts';
import { FakeClock } from '../../test/fakes/clock.ts';
import { createKubeUnderTest, failureOf, type KubeUnderTest } from '../../test/fakes/kube-client-under-test.ts';
import { toVersionSecret } from './version-secret.ts';
import { createVersionSecrets, type EnsuredVersion, leaseMs, type VersionSource } from './version-secrets.ts';

const { signal } = new AbortController();
const keyOf = (fill: number): SecretBytes => SecretBytes.from(Buffer.alloc(32, fill));

function source(password: string, change: Partial<VersionSource> = {}): VersionSource {
  const data = new Map([['password', SecretBytes.from(password)]]);
  return { namespace: 'shop', name: 'db', type: 'Opaque', data, labels: {}, ...change };
}

let test: KubeUnderTest;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock();
  test = await createKubeUnderTest({ now: () => clock.now() });
});
afterEach(async () => await test[Symbol.asyncDispose]());

async function ensure(from: VersionSource, current?: string, versionKey = keyOf(1)): Promise<EnsuredVersion> {
  return await createVersionSecrets({ client: test.client, clock, versionKey }).ensure(from, { current, signal });
}

const all = (): readonly KubeObject[] => test.kube.all(resources.secrets);
const get = (name: string): KubeObject | undefined => test.kube.get(resources.secrets, 'shop', name);

describe('a version that is new', () => {
  it('is an immutable Secret with the same type and bytes, named by their hash', async () => {
    const data = new Map([
      ['tls.crt', SecretBytes.from('certificate')],
      ['tls.key', SecretBytes.from(Buffer.from([0, 255, 10]))],
    ]);
    const { name, version, change } = await ensure(source('', { type: 'kubernetes.io/tls', data }));
    expect(name).toBe(`db-${version}`);
    expect(version).toMatch(/^[0-9a-v]{12}$/);
    expect(change).toBe('created');
    expect(get(name)).toMatchObject({
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
    const { name, version } = await ensure(source('a', { labels }));
    expect(get(name)?.metadata).toMatchObject({
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
    expect(Object.keys(get(name)?.metadata.labels ?? {})).toHaveLength(4);
    expect(get(name)?.metadata.ownerReferences).toBeUndefined();
  });

  it('costs one look and one write', async () => {
    await ensure(source('a'));
    expect(test.kube.calls.map((call) => call.split(' ', 2).join(' '))).toEqual(['get secrets', 'create secrets']);
  });

  it('of a Secret with a long name is found again by its shortened label', async () => {
    const { name, change } = await ensure(source('a', { name: 'd'.repeat(240) }));
    const object = get(name);
    expect(name).toHaveLength(253);
    expect(change).toBe('created');
    expect(object && toVersionSecret(object)?.source).toBe('d'.repeat(240));
    expect((await ensure(source('a', { name: 'd'.repeat(240) }))).change).toBe('reused');
  });

  it('is refused where the name has no room for it, before any request', async () => {
    const error = await failureOf(ensure(source('a', { name: 'd'.repeat(241) })));
    expect(error).toMatchObject({ code: 'SECRET_INVALID', message: expect.stringContaining('a shorter secretName') });
    expect(test.kube.calls).toEqual([]);
  });

  it('has another hash in another namespace', async () => {
    const other = await ensure(source('a', { namespace: 'other' }));
    expect((await ensure(source('a'))).version).not.toBe(other.version);
  });

  it.for([
    [{ status: 403, reason: 'exceeded quota: few, requested: count/secrets=1' }, 'QUOTA_EXCEEDED'],
    [{ status: 500, reason: 'etcdserver: no space' }, 'KUBE_UNAVAILABLE'],
  ] as const)('leaves nothing half done when the API server says no: %j', async ([{ status, reason }, code]) => {
    const message = `secrets "db" is forbidden: ${reason}`;
    const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', message, code: status };
    test.kube.script({ verb: 'create', plural: 'secrets' }, { status, body });
    expect(await failureOf(ensure(source('a')))).toMatchObject({ code });
    expect(all()).toEqual([]);
  });
});

describe('a version that is current', () => {
  it('stays without a write while the bytes are the same', async () => {
    const first = await ensure(source('a'));
    test.kube.requests.length = 0;
    expect(await ensure(source('a'), first.name)).toEqual({ name: first.name, version: first.version });
    expect(test.kube.calls).toEqual([`get secrets shop/${first.name}`]);
  });

  it('stays when the key of the hashes is lost', async () => {
    const first = await ensure(source('a'));
    expect(await ensure(source('a'), first.name, keyOf(2))).toMatchObject({ name: first.name });
    expect(all()).toHaveLength(1);
  });

  it.for([
    ['other bytes', source('b')],
    ['one more key', source('a', { data: new Map([...source('a').data, ['x', SecretBytes.from('')]]) })],
    ['another type', source('a', { type: 'example.com/own' })],
  ] as const)('is followed by another for %s', async ([, next]) => {
    const first = await ensure(source('a'));
    const second = await ensure(next, first.name);
    expect(second).toMatchObject({ change: 'created' });
    expect(second.name).not.toBe(first.name);
    expect(all()).toHaveLength(2);
  });

  it('is made anew under the same name when somebody has deleted it', async () => {
    const first = await ensure(source('a'));
    test.kube.remove(resources.secrets, 'shop', first.name);
    expect(await ensure(source('a'), first.name)).toEqual({ ...first, change: 'created' });
  });

  it.for(['tls-0123456789ab', 'db', '', '../x'])(
    'is not looked for under %j, which is no version of the source',
    async (name) => {
      await ensure(source('a'), name);
      expect(test.kube.calls[0]).toMatch(/^get secrets shop\/db-/);
    },
  );
});

describe('a version that comes back', () => {
  it('is the Secret of before: A, B, A', async () => {
    const first = await ensure(source('a'));
    const second = await ensure(source('b'), first.name);
    const uid = get(first.name)?.metadata.uid;
    await clock.advance(60_000);
    expect(await ensure(source('a'), second.name)).toEqual({ ...first, change: 'reused' });
    expect(get(first.name)?.metadata.uid).toBe(uid);
    expect(all()).toHaveLength(2);
  });

  it('is leased, current from now on, and marked as of no use no more', async () => {
    const first = await ensure(source('a'));
    const found = get(first.name);
    if (found === undefined) throw new Error('it is not there');
    const annotations = {
      ...found.metadata.annotations,
      'lockstep.dev/unreferenced-since': '2026-01-01T00:00:00.000Z',
    };
    test.kube.put(resources.secrets, { ...found, metadata: { ...found.metadata, annotations } });
    const marked = get(first.name);
    await clock.advance(3_600_000);
    await ensure(source('a'));
    const after = get(first.name);
    expect(after?.metadata.resourceVersion).not.toBe(marked?.metadata.resourceVersion);
    expect(after && toVersionSecret(after)).toMatchObject({
      currentSinceMs: clock.now(),
      leasedUntilMs: clock.now() + leaseMs,
      unreferencedSinceMs: undefined,
    });
  });

  it('is made anew when it is deleted between the look and the lease', async () => {
    const first = await ensure(source('a'));
    test.kube.script(
      { verb: 'patch', plural: 'secrets' },
      () => void test.kube.remove(resources.secrets, 'shop', first.name),
      { times: 1 },
    );
    expect(await ensure(source('a'))).toEqual({ ...first, change: 'created' });
    expect(get(first.name)).toBeDefined();
  });

  it('is read again when somebody changes it meanwhile, or makes it first', async () => {
    const other = createVersionSecrets({ client: test.client, clock, versionKey: keyOf(1) });
    let races = 0;
    test.kube.script({ verb: 'create', plural: 'secrets' }, async () => {
      if (races++ === 0) await other.ensure(source('a'), { signal });
      return undefined;
    });
    expect(await ensure(source('a'))).toMatchObject({ change: 'reused' });
    expect(all()).toHaveLength(1);
  });

  it('is given up for now when others change it all the time', async () => {
    await ensure(source('a'));
    const body = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Conflict',
      message: 'changed',
      code: 409,
    };
    test.kube.script({ verb: 'patch', plural: 'secrets' }, { status: 409, body });
    expect(await failureOf(ensure(source('a')))).toMatchObject({ code: 'KUBE_CONFLICT' });
  });
});

describe('a name that is taken', () => {
  it.for([
    ['other bytes', { data: { password: 'eA==' } }],
    ['another type', { type: 'example.com/own' }],
    ['bytes that may change', { immutable: false }],
    ['no label of ours', { metadata: { labels: {} } }],
    ['an end that is decided', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }],
  ] as const)('by one with %s leads to another of the same form, the same every time', async ([, change]) => {
    const first = await ensure(source('a'));
    test.kube.remove(resources.secrets, 'shop', first.name);
    const labels = { 'lockstep.dev/pinned-source': 'db' };
    const metadata = { namespace: 'shop', name: first.name, labels, ...('metadata' in change && change.metadata) };
    const content = { type: 'Opaque', immutable: true, data: { password: 'YQ==' } };
    test.kube.put(resources.secrets, { ...content, ...change, metadata });
    const second = await ensure(source('a'));
    expect(second.name).toMatch(/^db-[0-9a-v]{12}$/);
    expect(second.name).not.toBe(first.name);
    expect(await ensure(source('a'))).toEqual({ ...second, change: 'reused' });
  });

  it('again and again is a conflict that says what to do', async () => {
    test.kube.script({ verb: 'get', plural: 'secrets' }, ({ name = '' }) => ({
      status: 200,
      body: { metadata: { namespace: 'shop', name, uid: 'u', resourceVersion: '1' }, type: 'Opaque', data: {} },
    }));
    const error = await failureOf(ensure(source('a')));
    expect(error).toMatchObject({ code: 'SECRET_CONFLICT', message: expect.stringContaining('rename or delete') });
    expect(all()).toEqual([]);
  });
});

it('never shows a value in a name, label, annotation or error', async () => {
  const { name } = await ensure(source('hunter2'));
  const { data: _data, ...shown } = get(name) ?? { data: undefined };
  const encoded = Buffer.from('hunter2').toString('base64');
  expect(JSON.stringify(shown)).not.toContain('hunter2');
  test.kube.script({ verb: 'create', plural: 'secrets' }, ({ body }) => ({
    status: 422,
    body: { kind: 'Status', reason: 'Invalid', message: `invalid: ${JSON.stringify(body)}`, code: 422 },
  }));
  const error = await failureOf(ensure(source('hunter2', { name: 'other' })));
  expect(error).toMatchObject({ code: 'KUBE_REFUSED' });
  expect(String(error)).not.toContain(encoded);
});
