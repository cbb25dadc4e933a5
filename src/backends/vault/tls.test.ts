import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createAuthority } from '../../../test/fakes/certificates.ts';
import { createBackendUnderTest } from '../../../test/fakes/vault-backend.ts';
import { noTls, podCaller, vaultRef } from '../../../test/fakes/vault-callers.ts';
import { FakeVault } from '../../../test/fakes/vault-server.ts';
import type { VaultTls } from '../../core/object-ref.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';

const authority = createAuthority();
const other = createAuthority('other-ca');
const serverPair = authority.issue('localserver', 'IP:127.0.0.1');
const namedPair = authority.issue('vault.example');
const clientPair = authority.issue('client');
const pod = podCaller('one');

let directory: string;
let vault: FakeVault;

afterAll(() => [authority, other].forEach((one) => one[Symbol.dispose]()));
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lockstep-tls-'));
  vault = await startVault(serverPair);
});
afterEach(async () => {
  await vault[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

async function startVault(pair: { cert: Buffer; key: Buffer }, more: object = {}): Promise<FakeVault> {
  const started = await FakeVault.start({ tls: { cert: pair.cert, key: pair.key, ...more } });
  started.secrets.set('kv/a', { k: 'v' });
  return started;
}

function refWith(tls: Partial<VaultTls>, address = vault.address) {
  return vaultRef(address, 'kv/a', { store: { tls: { ...noTls, ...tls } } });
}

const found = { data: { k: 'v' }, leased: false };

describe('a server certificate', () => {
  it('is checked against the CA file, which wins over the directory', async () => {
    await using under = createBackendUnderTest();
    const tls = { caFile: authority.ca.certFile, caDirectory: '/nonexistent' };
    expect(await under.fetch(refWith(tls), pod)).toEqual(found);
  });

  it.for([
    ['of an unknown CA', {}],
    ['of another CA', { caFile: other.ca.certFile }],
    ['with another name', { caFile: authority.ca.certFile, serverName: 'vault.example' }],
  ] as const)('%s is refused, without another try and before anything is sent', async ([, tls]) => {
    await using under = createBackendUnderTest();
    const told = await under.fetch(refWith(tls), pod);
    expect(told).toMatchObject({ code: 'VAULT_TLS', message: expect.stringContaining('certificate') });
    expect(vault.requests).toEqual([]);
    expect(under.clock.sleeps).toEqual([]);
  });

  it('is not checked where the manifest says so', async () => {
    await using under = createBackendUnderTest();
    expect(await under.fetch(refWith({ skipVerify: true }), pod)).toEqual(found);
  });

  it('is checked for the server name that is given', async () => {
    await using named = await startVault(namedPair);
    await using under = createBackendUnderTest();
    const tls = { caFile: authority.ca.certFile, serverName: 'vault.example' };
    expect(await under.fetch(refWith(tls, named.address), pod)).toEqual(found);
    expect(await under.fetch(refWith({ caFile: authority.ca.certFile }, named.address), pod)).toMatchObject({
      code: 'VAULT_TLS',
    });
  });

  it('is not asked for by a plain client, which nobody understands', async () => {
    await using under = createBackendUnderTest();
    const told = await under.fetch(refWith({}, vault.address.replace('https', 'http')), pod);
    expect(['VAULT_ANSWER_INVALID', 'VAULT_UNREACHABLE']).toContain(told.code);
    expect(vault.requests).toEqual([]);
  });

  it('of a server without TLS is missed', async () => {
    await using plain = createServer().listen(0, '127.0.0.1');
    await once(plain, 'listening');
    // A TCP server's address is never a path.
    const { port } = plain.address() as AddressInfo;
    await using under = createBackendUnderTest();
    const told = await under.fetch(refWith({}, `https://127.0.0.1:${port}`), pod);
    expect(told).toMatchObject({ code: 'VAULT_TLS', message: expect.stringContaining('ERR_SSL') });
  });
});

describe('a CA directory', () => {
  it('may be nested and hold the links of a mounted Secret', async () => {
    mkdirSync(join(directory, '..2026_01_01'));
    copyFileSync(authority.ca.certFile, join(directory, '..2026_01_01', 'ca.crt'));
    symlinkSync('..2026_01_01', join(directory, '..data'));
    symlinkSync('..data/ca.crt', join(directory, 'ca.crt'));
    mkdirSync(join(directory, 'nested'));
    copyFileSync(other.ca.certFile, join(directory, 'nested', 'other.pem'));
    symlinkSync('.', join(directory, 'circle'));
    await using under = createBackendUnderTest();
    expect(await under.fetch(refWith({ caDirectory: directory }), pod)).toEqual(found);
  });

  it.for(['not PEM', '', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'with a file that holds %j is refused by the name of that file',
    async (content) => {
      copyFileSync(authority.ca.certFile, join(directory, 'ca.pem'));
      writeFileSync(join(directory, 'junk.pem'), content);
      await using under = createBackendUnderTest();
      const told = await under.fetch(refWith({ caDirectory: directory }), pod);
      expect(told).toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('junk.pem') });
      expect(vault.requests).toEqual([]);
    },
  );

  it('outside the file roots is refused, also where a link leads there', async () => {
    const root = join(directory, 'root');
    mkdirSync(root);
    symlinkSync(authority.ca.certFile, join(root, 'ca.pem'));
    const policy = { forbidSkipVerify: false, fileRoots: [root], defaults: [] };
    await using under = createBackendUnderTest({ policy });
    for (const tls of [{ caDirectory: directory }, { caDirectory: root }, { caFile: join(root, 'ca.pem') }]) {
      expect(await under.fetch(refWith(tls), pod)).toMatchObject({ code: 'PATH_FORBIDDEN' });
    }
  });
});

describe('a file', () => {
  it.for([
    ['vaultCACertPath', { caFile: '/nonexistent/ca.pem' }],
    ['vaultCADirectory', { caDirectory: '/nonexistent/cas' }],
    ['vaultCACertPath', { caFile: '/dev/zero' }],
    ['vaultCACertPath', { caFile: '/' }],
    ['vaultCADirectory', { caDirectory: '/etc/hostname' }],
  ] as const)('that cannot be read is named with %s (%j)', async ([parameter, tls]) => {
    await using under = createBackendUnderTest();
    const told = await under.fetch(refWith(tls), pod);
    expect(told).toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining(parameter) });
    expect(told.message).toContain(Object.values(tls)[0]);
  });

  it('that holds a key of another certificate is refused without its content', async () => {
    await using under = createBackendUnderTest();
    const tls = {
      caFile: authority.ca.certFile,
      clientCertFile: clientPair.certFile,
      clientKeyFile: namedPair.keyFile,
    };
    const told = await under.fetch(refWith(tls), pod);
    expect(told).toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('vaultTLSClientKeyPath') });
    expect(told.message).not.toContain('BEGIN');
  });

  it('of a client certificate does not come without the other', async () => {
    await using under = createBackendUnderTest();
    const told = await under.fetch(refWith({ clientKeyFile: '/nonexistent/tls.key' }), pod);
    expect(told.message).toContain('both client cert and client key must be provided');
  });
});

describe('a client certificate', () => {
  const demand = { requestCert: true, rejectUnauthorized: true, ca: authority.ca.cert };
  const trust = { caFile: authority.ca.certFile };

  it('is shown where the manifest names one, and its lack is a TLS failure', async () => {
    await using strict = await startVault(serverPair, demand);
    await using under = createBackendUnderTest();
    const tls = { ...trust, clientCertFile: clientPair.certFile, clientKeyFile: clientPair.keyFile };
    expect(await under.fetch(refWith(tls, strict.address), pod)).toEqual(found);
    const told = await under.fetch(refWith(trust, strict.address), pod);
    expect(['VAULT_TLS', 'VAULT_UNREACHABLE']).toContain(told.code);
    expect(strict.calls).toHaveLength(2);
  });

  it('of the caller’s own Secret logs in with the cert method, and stays its own', async () => {
    await using strict = await startVault(serverPair, demand);
    await using under = createBackendUnderTest();
    const ref = vaultRef(strict.address, 'kv/a', {
      store: { tls: { ...noTls, ...trust }, auth: { method: 'cert', mount: 'cert', role: 'web' } },
    });
    const secrets = new Map([
      ['tls.crt', SecretBytes.from(Buffer.from(clientPair.cert))],
      ['tls.key', SecretBytes.from(Buffer.from(clientPair.key))],
    ]);
    expect(await under.fetch(ref, podCaller('one', { secrets }))).toEqual(found);
    expect(strict.requests[0]).toMatchObject({ path: '/v1/auth/cert/login', body: '{"name":"web"}' });
    expect(await under.fetch(ref, podCaller('two'))).toMatchObject({
      code: 'CREDENTIAL_MISSING',
      message: expect.stringContaining('tls.crt'),
    });
  });
});

describe('files that change', () => {
  it('are taken up within seconds, on new connections', async () => {
    const caFile = join(directory, 'ca.pem');
    copyFileSync(other.ca.certFile, caFile);
    await using under = createBackendUnderTest();
    expect(await under.fetch(refWith({ caFile }), pod)).toMatchObject({ code: 'VAULT_TLS' });
    copyFileSync(authority.ca.certFile, join(directory, 'next'));
    renameSync(join(directory, 'next'), caFile);
    expect(await under.fetch(refWith({ caFile }), pod)).toEqual(found);
    copyFileSync(other.ca.certFile, caFile);
    expect(await under.fetch(refWith({ caFile }), pod)).toEqual(found);
    await under.clock.advance(5000);
    expect(await under.fetch(refWith({ caFile }), pod)).toMatchObject({ code: 'VAULT_TLS' });
  });

  it('are kept as they were while they cannot be used', async () => {
    const caFile = join(directory, 'ca.pem');
    copyFileSync(authority.ca.certFile, caFile);
    await using under = createBackendUnderTest();
    await under.fetch(refWith({ caFile }), pod);
    writeFileSync(caFile, 'half wri');
    await under.clock.advance(5000);
    expect(await under.fetch(refWith({ caFile }), pod)).toEqual(found);
    expect(under.log.join('')).toContain('tls files cannot be read again');
  });

  it('that do not change cost no connection', async () => {
    await using under = createBackendUnderTest();
    const ref = refWith({ caFile: authority.ca.certFile });
    await under.fetch(ref, pod);
    const { connections } = vault.server;
    for (let call = 0; call < 5; call++) {
      await under.clock.advance(5000);
      await under.fetch(ref, pod);
    }
    expect(vault.server.connections).toBeLessThanOrEqual(connections + 1);
  });

  it('leave no idle pool behind', async () => {
    await using under = createBackendUnderTest();
    await under.fetch(refWith({ caFile: authority.ca.certFile }), pod);
    await under.clock.advance(600_001);
    await using plain = await FakeVault.start();
    await under.fetch(refWith({}, plain.address), pod);
    await expect.poll(() => vault.server.openSockets).toBe(0);
  });
});
