import { stat } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { SecretError } from '../../src/core/errors.ts';
import { SecretBytes } from '../../src/core/secret-bytes.ts';
import { DriverClient, mountRequest } from '../fakes/driver-client.ts';
import { resolvedObject, startProvider } from '../fakes/provider-under-test.ts';

describe('a mount, as the driver sees it', () => {
  it('answers files with path, mode, contents and a version for each', async () => {
    await using provider = await startProvider();
    using driver = new DriverClient(provider.path);

    const answer = await driver.mount(mountRequest({ parameters: { objectA: '', objectB: '' } }));

    expect(answer).toEqual({
      ok: true,
      reply: {
        error: undefined,
        objectVersion: [
          { id: 'objectA', version: '1' },
          { id: 'objectB', version: '1' },
        ],
        files: [
          { path: 'objectA', mode: 0o644, contents: Buffer.from('value of objectA') },
          { path: 'objectB', mode: 0o644, contents: Buffer.from('value of objectB') },
        ],
      },
    });
  });

  it('answers one empty file and one version when every object is optional and absent', async () => {
    await using provider = await startProvider({ resolve: async () => ({ objects: [], failures: [] }) });
    using driver = new DriverClient(provider.path);

    const answer = await driver.mount(mountRequest({}));

    expect(answer.ok && answer.reply.files).toEqual([{ path: '.lockstep', mode: 0o644, contents: Buffer.alloc(0) }]);
    expect(answer.ok && answer.reply.objectVersion).toHaveLength(1);
  });

  it('fails the whole mount when one object fails, and names every failure', async () => {
    const failures = [
      { name: 'b', error: new SecretError('VAULT_UNREACHABLE', 'object "b": connection refused') },
      { name: 'c', error: new SecretError('KEY_MISSING', 'object "c": no key "c"') },
    ];
    const resolve = async () => ({ objects: [resolvedObject({ name: 'a' })], failures });
    await using provider = await startProvider({ resolve });
    using driver = new DriverClient(provider.path);

    const answer = await driver.mount(mountRequest({}));

    expect(answer).toEqual({
      ok: false,
      code: 'NOT_FOUND',
      message: 'KEY_MISSING: object "b": connection refused; object "c": no key "c"',
    });
  });

  it('refuses a reply that the driver would refuse', async () => {
    const big = resolvedObject({ name: 'dump', contents: SecretBytes.from(Buffer.alloc(4_194_304)) });
    const resolve = async () => ({ objects: [resolvedObject({ name: 'a' }), big], failures: [] });
    await using provider = await startProvider({ resolve });
    using driver = new DriverClient(provider.path);

    const answer = await driver.mount(mountRequest({}));

    expect(answer).toMatchObject({ ok: false, code: 'FAILED_PRECONDITION' });
    expect(!answer.ok && answer.message).toContain('"dump" (4194304 bytes)');
  });
});

describe('the first and the repeated delivery', () => {
  it('tells the resolver which it is, per pod and target path', async () => {
    const seen: string[] = [];
    await using provider = await startProvider({
      resolve: async (_plan, { delivery }) => {
        seen.push(delivery);
        return { objects: [resolvedObject({ name: 'a' })], failures: [] };
      },
    });
    using driver = new DriverClient(provider.path);

    await driver.mount(mountRequest({ pod: 'one' }));
    await driver.mount(mountRequest({ pod: 'one' }));
    await driver.mount(mountRequest({ pod: 'two' }));
    await driver.mount(mountRequest({ pod: 'one', overrides: { targetPath: '/other' } }));

    expect(seen).toEqual(['first', 'repeat', 'first', 'first']);
  });

  it('is still the first after one that failed', async () => {
    const seen: string[] = [];
    await using provider = await startProvider({
      resolve: async (_plan, { delivery }) => {
        seen.push(delivery);
        throw new SecretError('VAULT_TIMEOUT', 'no answer');
      },
    });
    using driver = new DriverClient(provider.path);

    await driver.mount(mountRequest({}));
    await driver.mount(mountRequest({}));

    expect(seen).toEqual(['first', 'first']);
  });

  it('logs the first delivery and a change, and nothing in between', async () => {
    let version = '1';
    await using provider = await startProvider({
      resolve: async () => ({ objects: [resolvedObject({ name: 'a', version })], failures: [] }),
    });
    using driver = new DriverClient(provider.path);

    await driver.mount(mountRequest({}));
    await driver.mount(mountRequest({}));
    version = '2';
    await driver.mount(mountRequest({}));

    const audit = provider.log.filter((line) => line['audit'] === true);
    expect(audit).toMatchObject([
      { msg: 'delivered', namespace: 'shop', serviceAccount: 'web', pod: 'web-1', class: 'database' },
      { msg: 'changed', changed: ['a'], objects: [{ name: 'a', version: '2' }] },
    ]);
    expect(JSON.stringify(provider.log)).not.toMatch(/value of a|payload/);
  });
});

describe('Version', () => {
  it('names the protocol and the runtime', async () => {
    await using provider = await startProvider({ runtimeVersion: '1.2.3' });
    using driver = new DriverClient(provider.path);

    expect(await driver.version()).toEqual({ version: 'v1alpha1', runtimeName: 'lockstep', runtimeVersion: '1.2.3' });
  });
});

describe('the socket', () => {
  it('is for its owner alone, and stays when the provider ends', async () => {
    await using provider = await startProvider();
    const before = await stat(provider.path);

    await provider.server.stop();

    expect(before.mode & 0o777).toBe(0o600);
    expect((await stat(provider.path)).ino).toBe(before.ino);
  });
});
