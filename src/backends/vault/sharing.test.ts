import { describe, expect, vi } from 'vitest';

import { it, found } from '../../../test/fakes/vault-backend.ts';
import { kubernetes, login, one, pods, two } from '../../../test/fakes/vault-callers.ts';
import { ok, refuse } from '../../../test/fakes/vault-server.ts';

const second = 1000;
const minute = 60 * second;

describe('pods of one account', () => {
  it('log in once each, and then share a login that Vault itself ties to the account', async ({
    ref,
    vault,
    under,
  }) => {
    vault.grant = kubernetes;
    await Promise.all(pods.map((pod) => under.fetch(ref(), pod)));
    expect(vault.count(login)).toBe(pods.length);
    expect(await under.backend.identify(ref(), two, under)).toBe('shared');
    vault.tokens.clear();
    await Promise.all(pods.map((pod) => under.fetch(ref(), pod)));
    expect(vault.count(login)).toBe(pods.length + 1);
  });

  it('get nothing of what the others share before their own token is taken', async ({ ref, vault, under }) => {
    vault.grant = kubernetes;
    await under.fetch(ref(), one);
    const without = { ...two, tokens: new Map() };
    await expect(under.backend.identify(ref(), without, under)).rejects.toMatchObject({ code: 'TOKEN_MISSING' });
    expect(await under.fetch(ref(), without)).toMatchObject({ code: 'TOKEN_MISSING' });
    vault.script({ route: login, reply: refuse(403, 'permission denied') });
    await expect(under.backend.identify(ref(), two, under)).rejects.toMatchObject({ code: 'VAULT_LOGIN_REFUSED' });
    expect(await under.fetch(ref(), two)).toMatchObject({ code: 'VAULT_LOGIN_REFUSED' });
    expect(await under.fetch(ref(), one)).toEqual(found);
  });

  it.for([
    ['has no metadata', {}],
    ['names another account', { metadata: { ...kubernetes.metadata, service_account_name: 'other' } }],
    ['names another namespace', { metadata: { ...kubernetes.metadata, service_account_namespace: 'other' } }],
    ['runs out by use', { ...kubernetes, numUses: 5 }],
    ['comes from the jwt method', { metadata: { role: 'app' } }],
  ] as const)('keep a login to themselves that %s', async ([, grant], { ref, vault, under }) => {
    vault.grant = grant;
    await Promise.all(pods.map((pod) => under.fetch(ref(), pod)));
    expect(vault.count(login)).toBe(pods.length);
    expect(await under.backend.identify(ref(), two, under)).toBe('pod');
    await Promise.all(pods.map((pod) => under.fetch(ref(), pod)));
    expect(vault.count(login)).toBe(pods.length);
  });

  it('log in by themselves when the first login is refused', async ({ ref, vault, under }) => {
    vault.grant = kubernetes;
    vault.script({
      route: login,
      reply: ({ body }) =>
        body.includes('jwt-of-one') ? refuse(403, 'permission denied') : ok({ auth: { client_token: 'x' } }),
    });
    vault.tokens.add('x');
    const told = await Promise.all(pods.map((pod) => under.fetch(ref(), pod)));
    expect(told.map(({ code }) => code)).toEqual(['VAULT_LOGIN_REFUSED', undefined, undefined, undefined, undefined]);
    expect(vault.requests.filter(({ body }) => body.includes('jwt-of-one'))).toHaveLength(1);
  });

  it('log in by themselves when the re-login that they waited for is refused', async ({ ref, vault, under }) => {
    vault.grant = kubernetes;
    await Promise.all([one, two].map((pod) => under.fetch(ref(), pod)));
    vault.tokens.clear();
    vault.script({
      route: login,
      reply: ({ body }) =>
        body.includes('jwt-of-two') ? ok({ auth: { client_token: 'x' } }) : refuse(403, 'pod is gone'),
    });
    vault.tokens.add('x');
    const told = await Promise.all([under.fetch(ref(), one), under.fetch(ref(), two)]);
    expect(told[1]).toEqual(found);
  });

  it('remember the verdict when the token has ended', async ({ ref, vault, under }) => {
    vault.grant = { ...kubernetes, ttlS: 60, renewable: false };
    await under.fetch(ref(), one);
    await under.pass(2 * minute);
    expect(await under.backend.identify(ref(), one, under)).toBe('shared');
    expect(vault.count(login)).toBe(1);
    await under.fetch(ref(), one);
    expect(vault.count(login)).toBe(2);
  });

  it('are told nothing about an identity that cannot log in', async ({ ref, vault, under }) => {
    vault.script({ route: login, reply: refuse(403, 'permission denied') });
    const identify = under.backend.identify(ref(), one, under);
    await expect(identify).rejects.toMatchObject({ code: 'VAULT_LOGIN_REFUSED' });
  });

  it('do not hold up the others when the first one goes away', async ({ ref, vault, under }) => {
    vault.grant = kubernetes;
    vault.script({ route: login, times: 1, reply: 'hang' });
    const controller = new AbortController();
    const first = under.backend.fetch([ref()], one, { signal: controller.signal });
    await vi.waitFor(() => expect(vault.count(login)).toBe(1));
    const other = under.fetch(ref(), two);
    controller.abort(new Error('gone'));
    expect((await first)[0]).toMatchObject({ status: 'failed', error: { code: 'MOUNT_CANCELLED' } });
    expect(await other).toEqual(found);
  });
});

describe('a token', () => {
  it('is renewed at two thirds of its life while the pod calls', async ({ ref, vault, under }) => {
    vault.grant = { ttlS: 3600 };
    await under.fetch(ref(), one);
    for (let passed = 0; passed < 119; passed++) {
      await under.pass(minute);
      await under.fetch(ref(), one);
    }
    await vi.waitFor(() => expect(vault.count('PUT /v1/auth/token/renew-self')).toBe(2));
    expect(vault.count(login)).toBe(1);
  });

  it('is left to end ten minutes after the last call', async ({ ref, vault, under }) => {
    vault.grant = { ttlS: 3600 };
    await under.fetch(ref(), one);
    await under.pass(61 * minute);
    expect(vault.count('/v1/auth/token/*')).toBe(0);
    const text = await under.metrics.registry.metrics();
    expect(text).toContain('lockstep_tokens{store="vault"} 0');
    expect(await under.fetch(ref(), one)).toEqual(found);
    expect(vault.count(login)).toBe(2);
  });

  it('that cannot be renewed is replaced at two thirds, and used until its end when that fails', async ({
    ref,
    vault,
    under,
  }) => {
    vault.grant = { ttlS: 3600, renewable: false };
    await under.fetch(ref(), one);
    await under.pass(39 * minute);
    await under.fetch(ref(), one);
    expect(vault.count(login)).toBe(1);
    vault.script({ route: login, reply: refuse(403, 'no'), times: 1 });
    await under.pass(2 * minute);
    expect(await under.fetch(ref(), one)).toEqual(found);
    expect(vault.count(login)).toBe(2);
    await under.fetch(ref(), one);
    expect(vault.count(login)).toBe(2);
    await under.pass(10 * minute);
    expect(await under.fetch(ref(), one)).toEqual(found);
    expect(vault.count(login)).toBe(3);
    expect(vault.requests.at(-1)?.headers['x-vault-token']).not.toBe('hvs.fake-token-1');
  });

  it('that has ended is not tried', async ({ ref, vault, under }) => {
    vault.grant = { ttlS: 60, renewable: false };
    await under.fetch(ref(), one);
    await under.pass(2 * minute);
    vault.tokens.clear();
    await under.fetch(ref(), one);
    expect(vault.calls.slice(2)).toEqual([`POST ${login}`, 'GET /v1/kv/a']);
  });
});
