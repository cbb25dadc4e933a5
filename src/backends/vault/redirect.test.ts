import { describe, expect } from 'vitest';

import { it, everything } from '../../../test/fakes/vault-backend.ts';
import { podCaller, vaultRef } from '../../../test/fakes/vault-callers.ts';
import { FakeVault, ok } from '../../../test/fakes/vault-server.ts';

const pod = podCaller('one');

it.beforeEach(({ vault }) => void vault.secrets.set('kv/a', { k: 'v' }));

describe('a redirect', () => {
  const moved = (location: string, status = 307) => ({ status, headers: { Location: location } });

  it.for([301, 302, 307])(
    'with status %i is followed with method, body and token',
    async (status, { vault, under }) => {
      vault.script({ route: '/v1/kv/a', reply: moved(`${vault.address}/v1/kv/moved?version=2`, status) });
      vault.script({ route: '/v1/kv/moved*', reply: ok({ data: { k: 'moved' } }) });
      const ref = vaultRef(vault.address, 'kv/a', { request: { method: 'POST', body: '{"x":1}' } });
      expect(await under.fetch(ref, pod)).toMatchObject({ data: { k: 'moved' } });
      const [, first, second] = vault.requests;
      expect(second).toMatchObject({ method: 'POST', path: '/v1/kv/moved?version=2', body: '{"x":1}' });
      expect(second?.headers['x-vault-token']).toBe(first?.headers['x-vault-token']);
    },
  );

  it('may be relative', async ({ vault, under }) => {
    vault.secrets.set('kv/moved', { k: 'moved' });
    vault.script({ route: '/v1/kv/a', reply: moved('moved') });
    expect(await under.fetch(vaultRef(vault.address, 'kv/a'), pod)).toMatchObject({ data: { k: 'moved' } });
  });

  it('to another server is refused by name, and the token stays here', async ({ vault, under }) => {
    await using other = await FakeVault.start();
    vault.script({ route: '/v1/kv/a', reply: moved(`${other.address}/v1/kv/a?token=secret`) });
    const told = await under.fetch(vaultRef(vault.address, 'kv/a'), pod);
    expect(told).toMatchObject({ code: 'VAULT_REDIRECT_REFUSED', message: expect.stringContaining(other.address) });
    expect(told.message).toContain('--vault-addresses');
    expect(told.message).not.toContain('secret');
    expect(other.requests).toEqual([]);
  });

  it('to another server that is listed is followed', async ({ create, vault }) => {
    await using other = await FakeVault.start();
    other.script({ route: '/v1/kv/a', reply: ok({ data: { k: 'other' } }) });
    const policy = { ...everything, addresses: [vault.address, other.address] };
    const under = create({ policy });
    vault.script({ route: '/v1/kv/a', reply: moved(`${other.address}/v1/kv/a`) });
    expect(await under.fetch(vaultRef(vault.address, 'kv/a'), pod)).toMatchObject({ data: { k: 'other' } });
    expect(other.requests[0]?.headers['x-vault-token']).toBe('hvs.fake-token-1');
  });

  it.for([
    ['twice', '/v1/kv/a', 307],
    ['with a status that Vault does not use', '/v1/kv/b', 308],
    ['out of /v1/', '/ui/', 307],
    ['out of /v1/ by dots', '/v1/../ui/', 307],
    ['to nowhere', 'http://', 307],
    ['to a metadata address', 'http://169.254.169.254/v1/kv/a', 307],
    ['to another scheme', 'file:///v1/kv/a', 307],
    ['with a password', 'http://user:secret@127.0.0.1/v1/kv/a', 307],
  ] as const)('%s is refused', async ([, location, status], { vault, under }) => {
    vault.script({ route: '/v1/kv/a', reply: moved(location, status) });
    const told = await under.fetch(vaultRef(vault.address, 'kv/a'), pod);
    expect(told.code).toBe('VAULT_REDIRECT_REFUSED');
    expect(told.message).not.toContain('secret');
  });

  it('of a login is followed as well', async ({ vault, under }) => {
    vault.script({ route: '/v1/auth/kubernetes/login', reply: moved(`${vault.address}/v1/auth/other/login`) });
    expect(await under.fetch(vaultRef(vault.address, 'kv/a'), pod)).toMatchObject({ data: { k: 'v' } });
  });
});
