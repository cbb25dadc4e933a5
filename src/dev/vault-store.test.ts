import { writeFile } from 'node:fs/promises';

import { describe, expect } from 'vitest';

import { identity, it as dev } from '../../test/fakes/dev-store.ts';
import { createPodTokens } from './pod-tokens.ts';
import { startVaultStore } from './vault-store.ts';

const secrets = `
secret: { shop/db: { password: first, port: 5432 } }
kv: { legacy: { token: old } }
database: { reader: { ttlSeconds: 60, maxTtlSeconds: 180 } }
`;

const base = dev.override('secrets', secrets).extend('store', async ({ deps, onTestFinished }) => {
  const store = await startVaultStore(deps);
  onTestFinished(() => store.close());
  return store;
});

interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const it = base
  .extend('call', ({ store }) => async (method: string, path: string, options: CallOptions = {}): Promise<Answer> => {
    const response = await fetch(`${store.address}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': options.token ?? '' },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  })
  .extend('login', ({ call, tokens }) => async (): Promise<string> => {
    const { body } = await call('POST', 'auth/kubernetes/login', {
      body: { jwt: tokens.issue(identity, 'vault').token, role: 'web' },
    });
    return (body['auth'] as { client_token: string }).client_token;
  });

describe('logging in', () => {
  it.for(['auth/kubernetes/login', 'auth/jwt/login', 'auth/teams/a/k8s/login'])(
    'at %s answers a token that says whose it is',
    async (path, { call, tokens }) => {
      const jwt = tokens.issue(identity, 'vault').token;
      const { status, body } = await call('PUT', path, { body: { jwt, role: 'web' } });

      expect(status).toBe(200);
      expect(Object.keys(body)).toEqual([
        'request_id',
        'lease_id',
        'renewable',
        'lease_duration',
        'data',
        'wrap_info',
        'warnings',
        'auth',
        'mount_type',
      ]);
      expect(body['auth']).toMatchObject({
        client_token: expect.stringMatching(/^hvs\./),
        metadata: { role: 'web', service_account_name: 'web', service_account_namespace: 'shop' },
        lease_duration: 3600,
        renewable: true,
        num_uses: 0,
      });
    },
  );

  it('with a token that was not issued in this run is refused', async ({ call, clock }) => {
    const foreign = createPodTokens(Buffer.alloc(32, 9), clock).issue(identity, 'vault').token;

    expect(await call('POST', 'auth/kubernetes/login', { body: { jwt: foreign, role: 'web' } })).toEqual({
      status: 403,
      body: { errors: ['permission denied'] },
    });
  });

  it.for([undefined, {}, { jwt: 'x' }, { role: 'web' }, { jwt: 1, role: 2 }, []])(
    'with the body %j is refused as malformed',
    async (body, { call }) => {
      expect(await call('POST', 'auth/kubernetes/login', { body })).toMatchObject({ status: 400 });
    },
  );

  it('lasts for an hour, and for another one after each renewal', async ({ call, login, clock }) => {
    const token = await login();
    await clock.advance(3_000_000);
    expect(await call('POST', 'auth/token/renew-self', { token })).toMatchObject({
      status: 200,
      body: { auth: { client_token: token, lease_duration: 3600 } },
    });
    await clock.advance(3_599_999);
    expect(await call('GET', 'kv/legacy', { token })).toMatchObject({ status: 200 });
    await clock.advance(1);
    expect(await call('GET', 'kv/legacy', { token })).toMatchObject({ status: 403 });
  });
});

describe('reading', () => {
  it('key/value version 2 wraps the data and says which version it is', async ({ call, login, clock }) => {
    const { status, body } = await call('GET', 'secret/data/shop/db', { token: await login() });

    expect(status).toBe(200);
    expect(body).toMatchObject({ lease_id: '', mount_type: 'kv' });
    expect(body['data']).toEqual({
      data: { password: 'first', port: 5432 },
      metadata: {
        created_time: new Date(clock.now()).toISOString(),
        custom_metadata: null,
        deletion_time: '',
        destroyed: false,
        version: 1,
      },
    });
  });

  it('an edited secret is a new version; the old one is still there', async ({ call, login, secretsPath }) => {
    const token = await login();
    await writeFile(secretsPath, secrets.replace('first', 'second'));

    const latest = { data: { data: { password: 'second' }, metadata: { version: 2 } } };
    expect((await call('GET', 'secret/data/shop/db', { token })).body).toMatchObject(latest);
    expect((await call('GET', 'secret/data/shop/db?version=0', { token })).body).toMatchObject(latest);
    expect((await call('GET', 'secret/data/shop/db?version=1', { token })).body).toMatchObject({
      data: { data: { password: 'first' }, metadata: { version: 1 } },
    });
  });

  it('a removed secret is a deleted version', async ({ call, login, secretsPath }) => {
    const token = await login();
    await writeFile(secretsPath, 'secret: {}');

    expect(await call('GET', 'secret/data/shop/db', { token })).toMatchObject({
      status: 404,
      body: { data: { data: null, metadata: { version: 2, deletion_time: expect.stringMatching(/^\d{4}-/) } } },
    });
  });

  it('key/value version 1 answers the data alone, with a duration and no lease', async ({ call, login }) => {
    expect(await call('GET', 'kv/legacy', { token: await login() })).toMatchObject({
      status: 200,
      body: { lease_id: '', lease_duration: 2_764_800, data: { token: 'old' } },
    });
  });

  it('credentials of a role come with a lease that can be renewed', async ({ call, login }) => {
    const token = await login();
    const { body } = await call('GET', 'database/creds/reader', { token });
    const lease = { lease_id: body['lease_id'], lease_duration: 60, renewable: true };

    expect(body).toMatchObject({ ...lease, data: { username: expect.stringMatching(/^v-reader-/) } });
    expect(await call('PUT', 'sys/leases/renew', { token, body: { lease_id: lease.lease_id } })).toMatchObject({
      status: 200,
      body: lease,
    });
  });

  it('a lease that is not there cannot be renewed', async ({ call, login }) => {
    expect(await call('PUT', 'sys/leases/renew', { token: await login(), body: { lease_id: 'no' } })).toEqual({
      status: 400,
      body: { errors: ['lease not found'] },
    });
  });

  it.for([
    'secret/data/none',
    'secret/data/shop/db?version=2',
    'secret/data/shop/db?version=-1',
    'secret/data/shop/db?version=x',
    'secret/shop/db',
    'secret/data/__proto__',
    'kv/constructor',
    'sys/mounts',
    '',
  ])('%s is not there', async (path, { call, login }) => {
    expect(await call('GET', path, { token: await login() })).toEqual({ status: 404, body: { errors: [] } });
  });

  it.for(['', 'hvs.guessed'])('with the token %j everything is forbidden', async (token, { call }) => {
    for (const path of ['secret/data/shop/db', 'secret/data/none', 'database/creds/reader', 'sys/leases/renew']) {
      expect(await call('GET', path, { token })).toEqual({ status: 403, body: { errors: ['permission denied'] } });
    }
  });

  it.for([
    ['POST', 'secret/data/shop/db'],
    ['DELETE', 'kv/legacy'],
    ['GET', 'auth/kubernetes/login'],
    ['GET', 'sys/leases/renew'],
  ] as const)('%s %s is not supported', async ([method, path], { call, login }) => {
    expect(await call(method, path, { token: await login() })).toMatchObject({ status: 405 });
  });
});

describe('the server', () => {
  it('listens on loopback and counts what it answers', async ({ call, login, store }) => {
    expect(store.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await call('GET', 'kv/legacy', { token: await login() });

    expect(store.requests()).toBe(2);
  });

  it.for([
    ['a path outside /v1/', '/ui/', {}],
    ['a path that is not encoded', '/v1/kv/%zz', {}],
    ['a body that is no JSON', '/v1/auth/kubernetes/login', { method: 'POST', body: '{' }],
    ['a body without end', '/v1/auth/kubernetes/login', { method: 'POST', body: `"${'x'.repeat(70_000)}"` }],
  ] as const)('refuses %s', async ([, path, init], { store }) => {
    const response = await fetch(`${store.address}${path}`, init);

    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ errors: [expect.stringContaining('malformed')] });
  });
});
