import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { DriverClient } from '../test/fakes/driver-client.ts';
import { FakeVault } from '../test/fakes/vault-server.ts';
import { createProviderApp } from './provider-app.ts';
import type { Daemon } from './cli/daemon.ts';
import { readProviderConfig } from './config/provider-config.ts';
import { formatProblem } from './core/problem.ts';
import type { MountRequest } from './gen/v1alpha1/service.ts';

let home: string;
let vault: FakeVault;
let app: Daemon | undefined;
let log: string[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ls-'));
  vault = await FakeVault.start();
  vault.secrets.set('secret/data/shop', { data: { password: 's3cret' } });
  log = [];
  await writeFile(join(home, 'key'), Buffer.alloc(32, 'k'));
});

afterEach(async () => {
  await app?.stop(AbortSignal.abort());
  app = undefined;
  await vault[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function start(given: Record<string, string | true> = {}, env: Record<string, string> = {}): Promise<Daemon> {
  const defaults = { providerDir: home, providers: 'vault', metricsAddress: 'off', versionKeyFile: join(home, 'key') };
  const config = readProviderConfig({ ...defaults, ...given }, { VAULT_ADDR: vault.address, ...env });
  if (!config.ok) throw new Error(config.problems.map(formatProblem).join('\n'));
  app = await createProviderApp(config.value, { write: (line) => void log.push(line) });
  await app.start(new AbortController().signal);
  return app;
}

function request(overrides: Record<string, string> = {}): MountRequest {
  const attributes = {
    roleName: 'shop',
    objects: '- objectName: password\n  secretPath: secret/data/shop\n  secretKey: password\n',
    'csi.storage.k8s.io/pod.name': 'web-1',
    'csi.storage.k8s.io/pod.uid': 'uid-1',
    'csi.storage.k8s.io/pod.namespace': 'shop',
    'csi.storage.k8s.io/serviceAccount.name': 'web',
    'csi.storage.k8s.io/serviceAccount.tokens': JSON.stringify({ vault: { token: 'pod-jwt' } }),
    ...overrides,
  };
  return {
    attributes: JSON.stringify(attributes),
    secrets: 'null',
    targetPath: '/pods/uid-1/mount',
    permission: '420',
    currentObjectVersion: [],
  };
}

function connect(): DriverClient {
  return new DriverClient(join(home, 'vault.sock'));
}

describe('the provider', () => {
  it('answers a mount with the files of the store, and the same version after a restart', async () => {
    await start();
    using first = connect();
    const answer = await first.mount(request());
    await app?.stop(AbortSignal.abort());
    await start();
    using second = connect();

    expect(answer).toMatchObject({
      ok: true,
      reply: { files: [{ path: 'password', mode: 0o644, contents: Buffer.from('s3cret') }] },
    });
    expect(await second.mount(request())).toEqual(answer);
    expect(vault.requests[0]?.body).toBe('{"jwt":"pod-jwt","role":"shop"}');
    expect(log.join('')).not.toMatch(/s3cret|pod-jwt|hvs\./);
  });

  it('asks the store again after a flush', async () => {
    const running = await start({ refreshInterval: '1h' });
    using driver = connect();
    await driver.mount(request());
    await driver.mount(request());
    expect(vault.count('GET /v1/secret/data/shop')).toBe(1);

    running.flush();
    await driver.mount(request());

    expect(vault.count('GET /v1/secret/data/shop')).toBe(2);
  });

  it.for([
    {
      flag: { vaultAddresses: 'https://vault.example:8200' },
      attribute: { vaultAddress: 'https://elsewhere' },
      reason: 'not among --vault-addresses',
    },
    {
      flag: { fileRoots: '/tls' },
      attribute: { vaultAddress: 'https://127.0.0.1:1', vaultCACertPath: '/etc/ca.pem' },
      reason: 'outside --file-roots',
    },
    {
      flag: { forbidSkipVerify: true as const },
      attribute: { vaultSkipTLSVerify: 'true' },
      reason: 'not allowed by --forbid-skip-verify',
    },
  ])('honours $flag', async ({ flag, attribute, reason }) => {
    await start(flag);
    using driver = connect();

    expect(await driver.mount(request(attribute))).toMatchObject({
      ok: false,
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining(reason) as string,
    });
  });

  it('ends a mount at --mount-deadline', async () => {
    vault.script({ route: '/v1/*', reply: 'hang' });
    await start({ mountDeadline: '50ms' });
    using driver = connect();

    expect(await driver.mount(request())).toMatchObject({ ok: false, code: 'UNKNOWN' });
  });

  it('answers what is open with UNKNOWN when it is told to hurry', async () => {
    vault.script({ route: '/v1/*', reply: 'hang' });
    const running = await start();
    using driver = connect();
    const answer = driver.mount(request());
    await vi.waitFor(() => expect(vault.calls).toHaveLength(1));

    await running.stop(AbortSignal.abort());

    expect(await answer).toMatchObject({ ok: false, code: 'UNKNOWN' });
  });

  it('lets what is open finish when it is told to stop', async () => {
    const held = Promise.withResolvers<void>();
    vault.script({
      route: 'POST /v1/auth/kubernetes/login',
      times: 1,
      reply: async (login) => {
        await held.promise;
        return vault.reply(login);
      },
    });
    const running = await start();
    using driver = connect();
    const answer = driver.mount(request());
    await vi.waitFor(() => expect(vault.calls).toHaveLength(1));

    const stopped = running.stop(new AbortController().signal);
    held.resolve();

    expect(await answer).toMatchObject({ ok: true });
    await stopped;
  });

  it('warns about variables without effect, by name only', async () => {
    await start({}, { VAULT_TOKEN: 'hvs.ambient' });
    using driver = connect();
    await driver.mount(request());

    expect(log.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: 'variables without effect', variables: ['VAULT_TOKEN'] }),
    );
    expect(log.join('')).not.toContain('hvs.ambient');
    expect(vault.requests.map(({ headers }) => headers['x-vault-token'])).not.toContain('hvs.ambient');
  });

  it('needs no Kubernetes unless it may request tokens', async () => {
    await expect(start({ tokenRequestFallback: true })).rejects.toThrow('name a kubeconfig with --kubeconfig');
  });
});
