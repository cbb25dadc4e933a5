import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { resources } from '../../kube/objects.ts';
import { failureOf } from '../../../test/fakes/kube-client-under-test.ts';
import { versionSource as source, VersionsUnderTest } from '../../../test/fakes/versions-under-test.ts';
import { toVersionSecret } from './version-secret.ts';
import { leaseMs } from './version-secrets.ts';

let test: VersionsUnderTest;

beforeEach(async () => {
  test = await VersionsUnderTest.start();
});
afterEach(async () => await test[Symbol.asyncDispose]());

describe('a version that comes back', () => {
  it('is the Secret of before: A, B, A', async () => {
    const first = await test.ensure(source('a'));
    const second = await test.ensure(source('b'), first.name);
    const uid = test.get(first.name)?.metadata.uid;
    await test.clock.advance(60_000);
    expect(await test.ensure(source('a'), second.name)).toEqual({ ...first, change: 'reused' });
    expect(test.get(first.name)?.metadata.uid).toBe(uid);
    expect(test.all()).toHaveLength(2);
  });

  it('is leased, current from now on, and marked as of no use no more', async () => {
    const first = await test.ensure(source('a'));
    const found = test.get(first.name);
    if (found === undefined) throw new Error('it is not there');
    const annotations = {
      ...found.metadata.annotations,
      'lockstep.dev/unreferenced-since': '2026-01-01T00:00:00.000Z',
    };
    test.kube.put(resources.secrets, { ...found, metadata: { ...found.metadata, annotations } });
    const marked = test.get(first.name);
    await test.clock.advance(3_600_000);
    await test.ensure(source('a'));
    const after = test.get(first.name);
    expect(after?.metadata.resourceVersion).not.toBe(marked?.metadata.resourceVersion);
    expect(after && toVersionSecret(after)).toMatchObject({
      currentSinceMs: test.clock.now(),
      leasedUntilMs: test.clock.now() + leaseMs,
      unreferencedSinceMs: undefined,
    });
  });

  it('is made anew when it is deleted between the look and the lease', async () => {
    const first = await test.ensure(source('a'));
    test.kube.script(
      { verb: 'patch', plural: 'secrets' },
      () => {
        test.kube.remove(resources.secrets, 'shop', first.name);
        return undefined;
      },
      { times: 1 },
    );
    expect(await test.ensure(source('a'))).toEqual({ ...first, change: 'created' });
    expect(test.get(first.name)).toBeDefined();
  });

  it('is left alone when somebody puts another Secret in its place between the look and the lease', async () => {
    const first = await test.ensure(source('a'));
    const metadata = { namespace: 'shop', name: first.name, labels: {}, annotations: {} };
    test.kube.script(
      { verb: 'patch', plural: 'secrets' },
      () => {
        test.kube.remove(resources.secrets, 'shop', first.name);
        test.kube.put(resources.secrets, { metadata, type: 'Opaque', data: {} });
        return undefined;
      },
      { times: 1 },
    );
    const second = await test.ensure(source('a'));
    expect(second).toMatchObject({ change: 'created' });
    expect(second.name).not.toBe(first.name);
    expect(test.get(first.name)?.metadata).toMatchObject({ labels: {}, annotations: {} });
  });

  it('is read again when somebody changes it meanwhile, or makes it first', async () => {
    let races = 0;
    test.kube.script({ verb: 'create', plural: 'secrets' }, async () => {
      if (races++ === 0) await test.ensure(source('a'));
      return undefined;
    });
    expect(await test.ensure(source('a'))).toMatchObject({ change: 'reused' });
    expect(test.all()).toHaveLength(1);
  });

  it('is given up for now when others change it all the time', async () => {
    await test.ensure(source('a'));
    const body = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Conflict',
      message: 'changed',
      code: 409,
    };
    test.kube.script({ verb: 'patch', plural: 'secrets' }, { status: 409, body });
    expect(await failureOf(test.ensure(source('a')))).toMatchObject({ code: 'KUBE_CONFLICT' });
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
    const first = await test.ensure(source('a'));
    test.kube.remove(resources.secrets, 'shop', first.name);
    const labels = { 'lockstep.dev/pinned-source': 'db', 'lockstep.dev/version': first.version };
    const metadata = { namespace: 'shop', name: first.name, labels, ...('metadata' in change && change.metadata) };
    const content = { type: 'Opaque', immutable: true, data: { password: 'YQ==' } };
    test.kube.put(resources.secrets, { ...content, ...change, metadata });
    const second = await test.ensure(source('a'));
    expect(second.name).toMatch(/^db-[0-9a-v]{12}$/);
    expect(second.name).not.toBe(first.name);
    expect(await test.ensure(source('a'))).toEqual({ ...second, change: 'reused' });
  });

  it('again and again is a conflict that says what to do', async () => {
    test.kube.script({ verb: 'get', plural: 'secrets' }, ({ name = '' }) => ({
      status: 200,
      body: { metadata: { namespace: 'shop', name, uid: 'u', resourceVersion: '1' }, type: 'Opaque', data: {} },
    }));
    const error = await failureOf(test.ensure(source('a')));
    expect(error).toMatchObject({ code: 'SECRET_CONFLICT', message: expect.stringContaining('rename or delete') });
    expect(test.all()).toEqual([]);
  });
});
