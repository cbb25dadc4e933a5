import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { createTemporaryDirectory } from '../../../test/fakes/temporary-directory.ts';
import { noTls, vaultRef } from '../../../test/fakes/vault-callers.ts';
import type { VaultTls } from '../../core/object-ref.ts';
import { createPolicyGuard, type VaultPolicy } from './policy.ts';

const open: VaultPolicy = { forbidSkipVerify: false, defaults: [] };
const defaultsFor = (address: string, tls: Partial<VaultTls> = {}): VaultPolicy['defaults'] => [
  { address, namespace: '', authMount: 'kubernetes', tls: { ...noTls, ...tls } },
];
const storeAt = (address: string, tls: Partial<VaultTls> = {}) =>
  vaultRef(address, 'kv/a', { store: { tls: { ...noTls, ...tls } } }).store;

describe('addresses', () => {
  const guard = createPolicyGuard({
    ...open,
    addresses: ['https://vault:8200', 'https://shared/team', 'unix:///run/a.sock'],
    defaults: defaultsFor('https://own:8200'),
  });

  it.for([
    'https://vault:8200/',
    'https://VAULT:8200',
    'https://shared/team',
    'https://shared/team/sub',
    'unix:///run/a.sock',
    'https://own:8200',
  ])('%s is listed or the daemon’s own', (address) => {
    expect(guard.checkStore(storeAt(address)).text).toBeTruthy();
  });

  it.for([
    'http://vault:8200',
    'https://vault:8201',
    'https://vault.evil:8200',
    'https://shared',
    'https://shared/teams',
    'https://shared/team/../other',
    'unix:///run/b.sock',
  ])('%s is refused by name', (address) => {
    const refusal = { code: 'ADDRESS_FORBIDDEN', message: expect.stringContaining('--vault-addresses') };
    expect(() => guard.checkStore(storeAt(address))).toThrow(expect.objectContaining(refusal));
  });

  it.for([
    'http://169.254.169.254',
    'http://2852039166',
    'http://0251.0376.0251.0376',
    'http://[fe80::1]',
    'http://[::ffff:a9fe:a9fe]',
  ])('%s is refused always, in any spelling', (address) => {
    const listing = createPolicyGuard({ ...open, addresses: [address], defaults: defaultsFor(address) });
    const refusal = { code: 'ADDRESS_FORBIDDEN', message: expect.stringContaining('link-local') };
    expect(() => createPolicyGuard(open).checkStore(storeAt(address))).toThrow(expect.objectContaining(refusal));
    expect(() => listing.checkStore(storeAt(address))).toThrow(expect.objectContaining(refusal));
  });

  it('without a list allows any, but sockets only below the file roots', () => {
    const rooted = createPolicyGuard({ ...open, fileRoots: ['/run/vault'] });
    expect(rooted.checkStore(storeAt('https://anything')).origin).toBe('https://anything');
    expect(rooted.checkStore(storeAt('unix:///run/vault/agent.sock')).socketPath).toBe('/run/vault/agent.sock');
    expect(() => rooted.checkStore(storeAt('unix:///run/vault/../docker.sock'))).toThrow(
      expect.objectContaining({ code: 'PATH_FORBIDDEN' }),
    );
  });

  it('refuses to skip verification where that is forbidden', () => {
    const strict = createPolicyGuard({ ...open, forbidSkipVerify: true });
    const refusal = { code: 'ADDRESS_FORBIDDEN', message: expect.stringContaining('--forbid-skip-verify') };
    expect(() => strict.checkStore(storeAt('https://vault', { skipVerify: true }))).toThrow(
      expect.objectContaining(refusal),
    );
    expect(strict.checkStore(storeAt('https://vault')).origin).toBe('https://vault');
  });

  it('refuses a list with an entry that is no address', () => {
    expect(() => createPolicyGuard({ ...open, addresses: ['vault:8200'] })).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    );
  });
});

describe('paths', () => {
  async function createTree() {
    const directory = createTemporaryDirectory();
    const base = directory.path;
    await mkdir(join(base, 'root'));
    await writeFile(join(base, 'root', 'ca.pem'), 'inside');
    await writeFile(join(base, 'outside.pem'), 'outside');
    await symlink(join(base, 'outside.pem'), join(base, 'root', 'link.pem'));
    return directory;
  }

  it('stay inside the roots, also through links', async () => {
    using tree = await createTree();
    const base = tree.path;
    const guard = createPolicyGuard({ ...open, fileRoots: [join(base, 'root')] });
    expect(await guard.checkPath('vaultCACertPath', join(base, 'root', 'ca.pem'))).toBe(join(base, 'root', 'ca.pem'));
    for (const path of ['outside.pem', 'root/../outside.pem', 'root/link.pem', 'rootless', 'root/../missing']) {
      await expect(guard.checkPath('vaultCACertPath', `${base}/${path}`)).rejects.toMatchObject({
        code: 'PATH_FORBIDDEN',
        message: expect.stringContaining('vaultCACertPath'),
      });
    }
  });

  it('may be the daemon’s own, wherever they lie', async () => {
    using tree = await createTree();
    const base = tree.path;
    const own = defaultsFor('https://own', { caFile: join(base, 'outside.pem') });
    const guard = createPolicyGuard({ ...open, fileRoots: [join(base, 'root')], defaults: own });
    expect(await guard.checkPath('vaultCACertPath', join(base, 'outside.pem'))).toBe(join(base, 'outside.pem'));
  });

  it('must exist', async () => {
    const guard = createPolicyGuard(open);
    for (const path of ['/nonexistent/ca.pem', '/etc/\u0000passwd']) {
      await expect(guard.checkPath('vaultCACertPath', path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    }
  });
});
