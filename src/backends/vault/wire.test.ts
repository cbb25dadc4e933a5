import { join } from 'node:path';

import { afterEach, describe, expect, vi } from 'vitest';

import { createTemporaryDirectory } from '../../../test/fakes/temporary-directory.ts';
import { it, everything } from '../../../test/fakes/vault-backend.ts';
import { podCaller, vaultRef } from '../../../test/fakes/vault-callers.ts';
import { FakeVault, ok } from '../../../test/fakes/vault-server.ts';

const pod = podCaller('one');

it.beforeEach(({ vault }) => void vault.secrets.set('kv/a', { k: 'v' }));
afterEach(() => void vi.unstubAllEnvs());

describe('on the wire', () => {
  it('a fetch is a login and a read with the headers that Vault wants', async ({ vault, under }) => {
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

  it.for(['get', 'Put', 'LIST', 'FOO', 'X-Y', 'MKCOL', 'POST'])(
    'the method %s stays as it is',
    async (method, { vault, under }) => {
      expect(await under.fetch(vaultRef(vault.address, 'kv/a', { request: { method } }), pod)).toMatchObject({
        data: { k: 'v' },
      });
      expect(vault.calls.at(-1)).toBe(`${method} /v1/kv/a`);
    },
  );

  it.for(['GET X', 'CONNECT', 'GET\r\nX: y', ''])('the method %j cannot be sent', async (method, { vault, under }) => {
    const told = await under.fetch(vaultRef(vault.address, 'kv/a', { request: { method } }), pod);
    expect(told.code).toBe('VAULT_REQUEST_REFUSED');
    expect(vault.count('/v1/kv/*')).toBe(0);
  });

  it('query and body go out as they are, also with GET', async ({ vault, under }) => {
    const body = '{"big":12345678901234567890,"html":"\\u003c"}';
    vault.script({ route: '/v1/kv/*', reply: ok({ data: { k: 'v' } }) });
    const request = { path: '/v1/kv/a%252Fb&x', query: 'a=2&a=1&b=+&q=%3F', body };
    await under.fetch(vaultRef(vault.address, '', { request }), pod);
    expect(vault.requests.at(-1)).toMatchObject({ method: 'GET', path: '/v1/kv/a%252Fb&x?a=2&a=1&b=+&q=%3F', body });
  });

  it('the text of an answer comes back as it came', async ({ vault, under }) => {
    const body = '{ "data": {"n":1.0, "big":12345678901234567890, "2":0, "1":0} }';
    vault.script({ route: '/v1/kv/a', reply: { status: 200, body } });
    const [outcome] = await under.fetchAll([vaultRef(vault.address, 'kv/a')], pod);
    expect(outcome?.status === 'found' && outcome.payload.reveal().toString()).toBe(body);
  });

  it('connections are kept', async ({ vault, under }) => {
    for (let pod = 0; pod < 10; pod++) await under.fetch(vaultRef(vault.address, 'kv/a'), podCaller(`pod-${pod}`));
    expect(vault.requests).toHaveLength(20);
    expect(vault.server.connections).toBeLessThan(4);
  });

  it('the environment has no say', async ({ vault, under }) => {
    vi.stubEnv('VAULT_TOKEN', 'token-of-the-daemon');
    vi.stubEnv('VAULT_ADDR', 'http://127.0.0.1:1');
    vi.stubEnv('VAULT_NAMESPACE', 'namespace-of-the-daemon');
    vi.stubEnv('VAULT_PREFIX', '/prefix-of-the-daemon');
    vi.stubEnv('VAULT_SKIP_VERIFY', 'false');
    await under.fetch(vaultRef(vault.address, 'kv/a'), pod);
    expect(vault.calls).toEqual(['POST /v1/auth/kubernetes/login', 'GET /v1/kv/a']);
    expect(JSON.stringify(vault.requests)).not.toContain('of-the-daemon');
  });

  it('a path goes below the base path of the address', async ({ vault, under }) => {
    vault.script(
      { route: '/proxy/v1/auth/*', reply: ok({ auth: { client_token: 't' } }) },
      { route: '/proxy/v1/kv/a', reply: ok({ data: { k: 'v' } }) },
    );
    expect(await under.fetch(vaultRef(`${vault.address}/proxy/`, 'kv/a'), pod)).toMatchObject({ data: { k: 'v' } });
  });

  it.for(['/v1/../sys', '/v1/%2e%2e/sys', '/v1', '/v2/kv', '/v1/a\\..\\..\\b', '/v1/a#b'])(
    'the path %s does not leave /v1/',
    async (path, { vault, under }) => {
      const told = await under.fetch(vaultRef(vault.address, '', { request: { path } }), pod);
      expect(told.code).toBe('PATH_FORBIDDEN');
      expect(vault.calls).toEqual(['POST /v1/auth/kubernetes/login']);
    },
  );

  it('a unix socket is spoken to as to a server', async ({ under }) => {
    using directory = createTemporaryDirectory();
    const socketPath = join(directory.path, 'vault.sock');
    await using agent = await FakeVault.start({ socketPath });
    agent.secrets.set('kv/a', { k: 'agent' });
    expect(await under.fetch(vaultRef(agent.address, 'kv/a'), pod)).toMatchObject({ data: { k: 'agent' } });
    expect(agent.requests[0]?.headers['host']).toBe('localhost');
  });

  it('a request is counted and timed under its operation', async ({ vault, under }) => {
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
  it('that leads to a metadata address is refused where the connection is made', async ({ create }) => {
    for (const address of ['169.254.169.254', 'fe80::1%eth0', '::ffff:169.254.169.254']) {
      const family = address.includes(':') ? 6 : 4;
      const under = create({
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

  it('is looked up once per connection, and that address is used', async ({ create, vault }) => {
    const names: string[] = [];
    const under = create({
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

  it('that nobody knows is an outage', async ({ create }) => {
    const under = create({
      resolveHost: (_name, _options, done) => done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []),
    });
    const told = await under.fetch(vaultRef('http://vault.example', 'kv/a'), pod);
    expect(told).toMatchObject({ code: 'VAULT_UNREACHABLE', message: expect.stringContaining('ENOTFOUND') });
  });
});

it('an address that is refused is refused before a token is requested or a login made', async ({ create, vault }) => {
  const issued: string[] = [];
  const under = create({
    policy: { ...everything, addresses: ['https://vault:8200'] },
    tokenIssuer: {
      issue: (_caller, audience) => {
        issued.push(audience);
        return Promise.reject(new Error('not reached'));
      },
    },
  });
  const without = { ...pod, tokens: new Map() };
  expect(await under.fetch(vaultRef(vault.address, 'kv/a'), without)).toMatchObject({ code: 'ADDRESS_FORBIDDEN' });
  const identify = under.backend.identify(vaultRef(vault.address, 'kv/a'), without, under);
  await expect(identify).rejects.toMatchObject({ code: 'ADDRESS_FORBIDDEN' });
  expect([...issued, ...vault.requests]).toEqual([]);
});
