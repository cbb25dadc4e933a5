import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createBackendUnderTest, tell } from '../../../test/fakes/vault-backend.ts';
import { podCaller, vaultRef } from '../../../test/fakes/vault-callers.ts';
import { FakeVault, ok, refuse } from '../../../test/fakes/vault-server.ts';
import type { VaultBackendDeps } from './backend.ts';

let vault: FakeVault;
const pod = podCaller('one');
const open: VaultBackendDeps['policy'] = { forbidSkipVerify: false, defaults: [] };

beforeEach(async () => {
  vault = await FakeVault.start();
  vault.secrets.set('kv/a', { k: 'v' });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await vault[Symbol.asyncDispose]();
});

describe('on the wire', () => {
  it('a fetch is a login and a read with the headers that Vault wants', async () => {
    await using under = createBackendUnderTest();
    const ref = vaultRef(vault.address, 'kv/a', { store: { namespace: '/team-a/' } });
    expect(await under.fetch(ref, pod)).toEqual({ data: { k: 'v' }, leased: false });
    expect(vault.calls).toEqual(['POST /v1/auth/kubernetes/login', 'GET /v1/kv/a']);
    const [login, read] = vault.requests;
    expect(JSON.parse(login?.body ?? '')).toEqual({ jwt: 'jwt-of-one', role: 'app' });
    expect(login?.headers).toMatchObject({ 'x-vault-request': 'true', 'x-vault-namespace': '/team-a/' });
    expect(login?.headers).not.toHaveProperty('x-vault-token');
    expect(read?.headers).toMatchObject({ 'x-vault-request': 'true', 'x-vault-namespace': '/team-a/' });
    expect(read?.headers['x-vault-token']).toBe('hvs.fake-token-1');
    expect(read?.body).toBe('');
  });

  it.for(['get', 'Put', 'LIST', 'FOO', 'X-Y', 'MKCOL', 'POST'])('the method %s stays as it is', async (method) => {
    await using under = createBackendUnderTest();
    expect(await under.fetch(vaultRef(vault.address, 'kv/a', { request: { method } }), pod)).toMatchObject({
      data: { k: 'v' },
    });
    expect(vault.calls.at(-1)).toBe(`${method} /v1/kv/a`);
  });

  it.for(['GET X', 'CONNECT', 'GET\r\nX: y', ''])('the method %j cannot be sent', async (method) => {
    await using under = createBackendUnderTest();
    const told = await under.fetch(vaultRef(vault.address, 'kv/a', { request: { method } }), pod);
    expect(told.code).toBe('VAULT_REQUEST_REFUSED');
    expect(vault.count('/v1/kv/*')).toBe(0);
  });

  it('query and body go out as they are, also with GET', async () => {
    await using under = createBackendUnderTest();
    const body = '{"big":12345678901234567890,"html":"\\u003c"}';
    vault.script({ route: '/v1/kv/*', reply: ok({ data: { k: 'v' } }) });
    const request = { path: '/v1/kv/a%252Fb&x', query: 'a=2&a=1&b=+&q=%3F', body };
    await under.fetch(vaultRef(vault.address, '', { request }), pod);
    expect(vault.requests.at(-1)).toMatchObject({ method: 'GET', path: '/v1/kv/a%252Fb&x?a=2&a=1&b=+&q=%3F', body });
  });

  it('the text of an answer comes back as it came', async () => {
    await using under = createBackendUnderTest();
    const body = '{ "data": {"n":1.0, "big":12345678901234567890, "2":0, "1":0} }';
    vault.script({ route: '/v1/kv/a', reply: { status: 200, body } });
    const [outcome] = await under.fetchAll([vaultRef(vault.address, 'kv/a')], pod);
    expect(outcome?.status === 'found' && outcome.payload.reveal().toString()).toBe(body);
  });

  it('connections are kept', async () => {
    await using under = createBackendUnderTest();
    for (let pod = 0; pod < 10; pod++) await under.fetch(vaultRef(vault.address, 'kv/a'), podCaller(`pod-${pod}`));
    expect(vault.requests).toHaveLength(20);
    expect(vault.server.connections).toBeLessThan(4);
  });

  it('the environment has no say', async () => {
    vi.stubEnv('VAULT_TOKEN', 'token-of-the-daemon');
    vi.stubEnv('VAULT_ADDR', 'http://127.0.0.1:1');
    vi.stubEnv('VAULT_NAMESPACE', 'namespace-of-the-daemon');
    vi.stubEnv('VAULT_PREFIX', '/prefix-of-the-daemon');
    vi.stubEnv('VAULT_SKIP_VERIFY', 'false');
    await using under = createBackendUnderTest();
    await under.fetch(vaultRef(vault.address, 'kv/a'), pod);
    expect(vault.calls).toEqual(['POST /v1/auth/kubernetes/login', 'GET /v1/kv/a']);
    expect(JSON.stringify(vault.requests)).not.toContain('of-the-daemon');
  });

  it('a path goes below the base path of the address', async () => {
    await using under = createBackendUnderTest();
    vault.script(
      { route: '/proxy/v1/auth/*', reply: ok({ auth: { client_token: 't' } }) },
      { route: '/proxy/v1/kv/a', reply: ok({ data: { k: 'v' } }) },
    );
    expect(await under.fetch(vaultRef(`${vault.address}/proxy/`, 'kv/a'), pod)).toMatchObject({ data: { k: 'v' } });
  });

  it.for(['/v1/../sys', '/v1/%2e%2e/sys', '/v1', '/v2/kv', '/v1/a\\..\\..\\b', '/v1/a#b'])(
    'the path %s does not leave /v1/',
    async (path) => {
      await using under = createBackendUnderTest();
      const told = await under.fetch(vaultRef(vault.address, '', { request: { path } }), pod);
      expect(told.code).toBe('PATH_FORBIDDEN');
      expect(vault.calls).toEqual(['POST /v1/auth/kubernetes/login']);
    },
  );

  it('a unix socket is spoken to as to a server', async () => {
    const socketPath = join(mkdtempSync(join(tmpdir(), 'lockstep-')), 'vault.sock');
    await using agent = await FakeVault.start({ socketPath });
    agent.secrets.set('kv/a', { k: 'agent' });
    await using under = createBackendUnderTest();
    expect(await under.fetch(vaultRef(agent.address, 'kv/a'), pod)).toMatchObject({ data: { k: 'agent' } });
    expect(agent.requests[0]?.headers['host']).toBe('localhost');
  });

  it('a request is counted and timed under its operation', async () => {
    await using under = createBackendUnderTest();
    await under.fetch(vaultRef(vault.address, 'kv/a'), pod);
    await under.fetch(vaultRef(vault.address, 'kv/absent'), pod);
    const text = await under.metrics.registry.metrics();
    expect(text).toContain('lockstep_store_requests_total{store="vault",operation="login",result="ok"} 1');
    expect(text).toContain('lockstep_store_requests_total{store="vault",operation="read",result="ok"} 1');
    expect(text).toContain('lockstep_store_requests_total{store="vault",operation="read",result="VAULT_NOT_FOUND"} 1');
    expect(text).toContain('lockstep_tokens{store="vault"} 1');
  });
});

describe('a host name', () => {
  it('that leads to a metadata address is refused where the connection is made', async () => {
    for (const address of ['169.254.169.254', 'fe80::1%eth0', '::ffff:169.254.169.254']) {
      const family = address.includes(':') ? 6 : 4;
      await using under = createBackendUnderTest({
        resolveHost: (_name, _options, done) =>
          done(null, [
            { address: '127.0.0.1', family: 4 },
            { address, family },
          ]),
      });
      const told = await under.fetch(vaultRef('http://vault.example:8200', 'kv/a'), pod);
      expect(told).toMatchObject({ code: 'ADDRESS_FORBIDDEN', message: expect.stringContaining('vault.example') });
    }
  });

  it('is looked up once per connection, and that address is used', async () => {
    const names: string[] = [];
    await using under = createBackendUnderTest({
      resolveHost: (name, _options, done) => {
        names.push(name);
        done(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    });
    const address = `http://vault.example:${vault.server.port}`;
    expect(await under.fetch(vaultRef(address, 'kv/a'), pod)).toMatchObject({ data: { k: 'v' } });
    expect(names).toHaveLength(vault.server.connections);
    expect(new Set(names)).toEqual(new Set(['vault.example']));
  });

  it('that nobody knows is an outage', async () => {
    await using under = createBackendUnderTest({
      resolveHost: (_name, _options, done) => done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []),
    });
    const told = await under.fetch(vaultRef('http://vault.example', 'kv/a'), pod);
    expect(told).toMatchObject({ code: 'VAULT_UNREACHABLE', message: expect.stringContaining('ENOTFOUND') });
  });
});

describe('a redirect', () => {
  const moved = (location: string, status = 307) => ({ status, headers: { Location: location } });

  it.for([301, 302, 307])('with status %i is followed with method, body and token', async (status) => {
    await using under = createBackendUnderTest();
    vault.script({ route: '/v1/kv/a', reply: moved(`${vault.address}/v1/kv/moved?version=2`, status) });
    vault.script({ route: '/v1/kv/moved*', reply: ok({ data: { k: 'moved' } }) });
    const ref = vaultRef(vault.address, 'kv/a', { request: { method: 'POST', body: '{"x":1}' } });
    expect(await under.fetch(ref, pod)).toMatchObject({ data: { k: 'moved' } });
    const [, first, second] = vault.requests;
    expect(second).toMatchObject({ method: 'POST', path: '/v1/kv/moved?version=2', body: '{"x":1}' });
    expect(second?.headers['x-vault-token']).toBe(first?.headers['x-vault-token']);
  });

  it('may be relative', async () => {
    await using under = createBackendUnderTest();
    vault.secrets.set('kv/moved', { k: 'moved' });
    vault.script({ route: '/v1/kv/a', reply: moved('moved') });
    expect(await under.fetch(vaultRef(vault.address, 'kv/a'), pod)).toMatchObject({ data: { k: 'moved' } });
  });

  it('to another server is refused by name, and the token stays here', async () => {
    await using other = await FakeVault.start();
    await using under = createBackendUnderTest();
    vault.script({ route: '/v1/kv/a', reply: moved(`${other.address}/v1/kv/a?token=secret`) });
    const told = await under.fetch(vaultRef(vault.address, 'kv/a'), pod);
    expect(told).toMatchObject({ code: 'VAULT_REDIRECT_REFUSED', message: expect.stringContaining(other.address) });
    expect(told.message).toContain('--vault-addresses');
    expect(told.message).not.toContain('secret');
    expect(other.requests).toEqual([]);
  });

  it('to another server that is listed is followed', async () => {
    await using other = await FakeVault.start();
    other.script({ route: '/v1/kv/a', reply: ok({ data: { k: 'other' } }) });
    const policy = { ...open, addresses: [vault.address, other.address] };
    await using under = createBackendUnderTest({ policy });
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
  ] as const)('%s is refused', async ([, location, status]) => {
    await using under = createBackendUnderTest();
    vault.script({ route: '/v1/kv/a', reply: moved(location, status) });
    const told = await under.fetch(vaultRef(vault.address, 'kv/a'), pod);
    expect(told.code).toBe('VAULT_REDIRECT_REFUSED');
    expect(told.message).not.toContain('secret');
  });

  it('of a login is followed as well', async () => {
    await using under = createBackendUnderTest();
    vault.script({ route: '/v1/auth/kubernetes/login', reply: moved(`${vault.address}/v1/auth/other/login`) });
    expect(await under.fetch(vaultRef(vault.address, 'kv/a'), pod)).toMatchObject({ data: { k: 'v' } });
  });
});

describe('time', () => {
  it('a server that hangs is given up after 60 s, as an outage', async () => {
    await using under = createBackendUnderTest();
    vault.script({ route: '/v1/kv/a', reply: 'hang' });
    const fetch = under.fetch(vaultRef(vault.address, 'kv/a'), pod);
    await vi.waitFor(() => expect(vault.count('/v1/kv/a')).toBe(1));
    await under.clock.advance(60_000);
    expect(await fetch).toMatchObject({ code: 'VAULT_TIMEOUT', message: expect.stringContaining('/v1/kv/a') });
    expect(under.clock.waiting).toBe(0);
  });

  it('a caller whose time runs out, or who goes, is answered at once', async () => {
    await using under = createBackendUnderTest();
    vault.script({ route: '/v1/kv/*', reply: 'hang' });
    const reasons = [new DOMException('late', 'TimeoutError'), new Error('gone')];
    const codes = reasons.map(async (reason, index) => {
      const controller = new AbortController();
      const ref = vaultRef(vault.address, `kv/${index}`);
      const fetch = under.backend.fetch([ref], pod, { signal: controller.signal });
      await vi.waitFor(() => expect(vault.count(`/v1/kv/${index}`)).toBe(1));
      controller.abort(reason);
      return tell((await fetch)[0]).code;
    });
    expect(await Promise.all(codes)).toEqual(['VAULT_TIMEOUT', 'MOUNT_CANCELLED']);
    // That of the login may be kept.
    await vi.waitFor(() => expect(vault.server.openSockets).toBeLessThan(2));
  });

  it('a connection that breaks is tried again', async () => {
    await using under = createBackendUnderTest();
    vault.script({ route: '/v1/kv/a', reply: 'reset', times: 2 });
    expect(await under.fetch(vaultRef(vault.address, 'kv/a'), pod)).toMatchObject({ data: { k: 'v' } });
    expect(vault.count('/v1/kv/a')).toBe(3);
  });

  it('a login is tried again as well', async () => {
    await using under = createBackendUnderTest();
    vault.script({ route: '/v1/auth/*', reply: refuse(500, 'x'), times: 1 });
    expect(await under.fetch(vaultRef(vault.address, 'kv/a'), pod)).toMatchObject({ data: { k: 'v' } });
    expect(vault.count('/v1/auth/*')).toBe(2);
  });

  it('closing leaves no timer and no connection', async () => {
    const under = createBackendUnderTest();
    vault.grant = { ttlS: 3600 };
    vault.engines.set('creds', { ttlS: 3600, renewable: true });
    await under.fetchAll([vaultRef(vault.address, 'kv/a'), vaultRef(vault.address, 'creds')], pod);
    await under.backend.close();
    expect(under.clock.waiting).toBe(0);
    await vi.waitFor(() => expect(vault.server.openSockets).toBe(0));
  });
});
