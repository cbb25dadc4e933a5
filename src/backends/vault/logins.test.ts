import { describe, expect } from 'vitest';

import { it, found } from '../../../test/fakes/vault-backend.ts';
import { login, one, vaultRef } from '../../../test/fakes/vault-callers.ts';
import { ok, refuse } from '../../../test/fakes/vault-server.ts';
import { SecretError } from '../../core/errors.ts';
import type { VaultAuth } from '../../core/object-ref.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';

describe('a login', () => {
  it('is kept between calls, also for other objects, a renewed pod token, or none', async ({ ref, vault, under }) => {
    await under.fetch(ref(), one);
    await under.fetch(ref('kv/b'), one);
    await under.fetch(ref(), { ...one, tokens: new Map([['vault', SecretBytes.from('another-jwt')]]) });
    expect(await under.fetch(ref(), { ...one, tokens: new Map() })).toEqual(found);
    expect(vault.count(login)).toBe(1);
  });

  it('is made once by calls at the same time', async ({ ref, vault, under }) => {
    const calls = Array.from({ length: 10 }, () => under.fetchAll([ref('kv/a'), ref('kv/b'), ref('kv/c')], one));
    await Promise.all(calls);
    expect(vault.count(login)).toBe(1);
  });

  it.for([
    ['role', { auth: { method: 'service-account', mount: 'kubernetes', role: 'other', audience: 'vault' } }, {}],
    ['mount', { auth: { method: 'service-account', mount: 'jwt', role: 'app', audience: 'vault' } }, {}],
    ['namespace of Vault', { namespace: 'team' }, {}],
    ['service account', {}, { serviceAccount: 'other' }],
    ['namespace', {}, { namespace: 'other' }],
    ['kind of caller', {}, { kind: 'service-account' }],
    ['pod of the same name', {}, { pod: { name: 'one', uid: 'another' } }],
  ] as const)('is another one for another %s', async ([, store, caller], { ref, vault, under }) => {
    await under.fetch(ref(), one);
    await under.fetch(vaultRef(vault.address, 'kv/a', { store }), { ...one, ...caller });
    expect(vault.count('/v1/auth/*')).toBe(2);
  });

  it('that holds no token is refused by name', async ({ ref, vault, under }) => {
    vault.script({ route: login, reply: ok({ data: { x: 'y' } }) });
    const told = await under.fetch(ref(), one);
    expect(told).toMatchObject({ code: 'VAULT_ANSWER_INVALID', message: expect.stringContaining('login') });
  });

  it.for([
    [400, 'invalid role name "app"'],
    [403, 'permission denied'],
    [404, 'no handler'],
  ] as const)('refused with %i says why, and what to do', async ([status, reason], { ref, vault, under }) => {
    vault.script({ route: login, reply: refuse(status, reason) });
    const told = await under.fetch(ref(), one);
    expect(told.code).toBe('VAULT_LOGIN_REFUSED');
    for (const text of [login, vault.address, reason, String(status), '"app"', 'service account']) {
      expect(told.message).toContain(text);
    }
  });

  it.for([
    [500, 'VAULT_UNAVAILABLE'],
    [503, 'VAULT_UNAVAILABLE'],
    [429, 'VAULT_UNAVAILABLE'],
  ] as const)('that fails with %i is an outage', async ([status, code], { ref, vault, under }) => {
    vault.script({ route: login, reply: refuse(status, 'Vault is sealed') });
    expect(await under.fetch(ref(), one)).toMatchObject({ code, message: expect.stringContaining('sealed') });
  });

  it('never shows the token of the pod, even when the server repeats it', async ({ ref, vault, under }) => {
    const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl';
    const caller = { ...one, tokens: new Map([['vault', SecretBytes.from(jwt)]]) };
    vault.script({ route: login, reply: refuse(400, `bad\u0007 ${jwt}`, 'hvs.CAESIJabcdefghijklmnop', 'plain') });
    const told = await under.fetch(ref(), caller);
    expect(told.message).toContain('bad [redacted]; [redacted]; plain');
    expect(told.message + under.log.join('')).not.toContain(jwt);
  });
});

describe('a pod token', () => {
  it('that was not sent is named with its audience, the ones that were, and the remedy', async ({
    ref,
    vault,
    under,
  }) => {
    const tokens = new Map([['sts.amazonaws.com', SecretBytes.from('x')]]);
    const told = await under.fetch(ref(), { ...one, tokens });
    expect(told.code).toBe('TOKEN_MISSING');
    for (const text of ['"vault"', '"sts.amazonaws.com"', 'tokenRequests[].audience'])
      expect(told.message).toContain(text);
    expect(vault.requests).toEqual([]);
  });

  it('is requested from Kubernetes where that is on, for the audience of the request', async ({
    create,
    ref,
    vault,
  }) => {
    const issued: string[] = [];
    const fallback = create({
      tokenIssuer: {
        issue: (_caller, audience) => {
          issued.push(audience);
          return Promise.resolve(SecretBytes.from('issued-jwt'));
        },
      },
    });
    const auth: VaultAuth = { method: 'service-account', mount: 'kubernetes', role: 'app', audience: 'vault' };
    const without = { ...one, tokens: new Map() };
    await fallback.fetch(vaultRef(vault.address, 'kv/a', { store: { auth } }), without);
    await fallback.fetch(
      vaultRef(vault.address, 'kv/a', { store: { auth: { ...auth, requestAudience: '' } } }),
      without,
    );
    await fallback.fetch(ref('kv/b'), one);
    expect(issued).toEqual(['vault', '']);
    expect(vault.requests[0]?.body).toContain('issued-jwt');
  });

  it('that Kubernetes refuses fails with what Kubernetes said', async ({ create, ref }) => {
    const fallback = create({
      tokenIssuer: { issue: () => Promise.reject(new SecretError('TOKEN_REQUEST_FAILED', 'pods "ghost" not found')) },
    });
    const told = await fallback.fetch(ref(), { ...one, tokens: new Map() });
    expect(told).toEqual({ code: 'TOKEN_REQUEST_FAILED', message: 'pods "ghost" not found' });
  });
});

describe('another method', () => {
  const secrets = (entries: Record<string, string>) =>
    new Map(Object.entries(entries).map(([key, value]) => [key, SecretBytes.from(value)]));

  it('approle takes its secret_id, and a role_id that the manifest leaves out, from the Secret', async ({
    ref,
    vault,
    under,
  }) => {
    const full = { ...one, secrets: secrets({ secret_id: 'sid\n', role_id: 'rid\n' }) };
    for (const roleId of ['', 'own']) {
      const approle = ref('kv/a', { auth: { method: 'approle', mount: 'approle', roleId } });
      expect(await under.fetch(approle, full)).toEqual(found);
    }
    const bodies = vault.requests
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies).toEqual([
      { role_id: 'rid', secret_id: 'sid' },
      { role_id: 'own', secret_id: 'sid' },
    ]);
  });

  it('token uses the token of the Secret, which nobody renews', async ({ ref, vault, under }) => {
    vault.tokens.add('hvs.mine');
    const caller = { ...one, secrets: secrets({ token: 'hvs.mine\n' }) };
    const withToken = ref('kv/a', { auth: { method: 'token' } });
    expect(await under.fetch(withToken, caller)).toEqual(found);
    expect(vault.calls).toEqual(['GET /v1/kv/a']);
    vault.tokens.clear();
    expect(await under.fetch(withToken, caller)).toMatchObject({ code: 'VAULT_DENIED' });
    expect(vault.count('/v1/kv/a')).toBe(2);
  });

  it('the token that a person brought along wins over the manifest, for persons only', async ({
    ref,
    vault,
    under,
  }) => {
    vault.tokens.add('hvs.mine');
    const caller = { ...one, secrets: secrets({ token: 'hvs.mine' }) };
    await under.fetch(ref(), { ...caller, kind: 'operator' });
    expect(vault.count('/v1/auth/*')).toBe(0);
    await under.fetch(ref(), caller);
    expect(vault.count('/v1/auth/*')).toBe(1);
  });

  it.for([
    ['secret_id', { method: 'approle', mount: 'approle', roleId: 'own' }],
    ['role_id', { method: 'approle', mount: 'approle', roleId: '' }],
    ['tls.crt', { method: 'cert', mount: 'cert', role: '' }],
    ['token', { method: 'token' }],
  ] as const)('says that the key %s is missing, and where', async ([key, auth], { ref, under }) => {
    const caller = { ...one, secrets: key === 'role_id' ? secrets({ secret_id: 's' }) : new Map() };
    const told = await under.fetch(ref('kv/a', { auth }), caller);
    expect(told.code).toBe('CREDENTIAL_MISSING');
    expect(told.message).toContain(`"${key}"`);
    expect(told.message).toContain('nodePublishSecretRef');
  });

  it('another secret is another login', async ({ ref, vault, under }) => {
    const approle = ref('kv/a', { auth: { method: 'approle', mount: 'approle', roleId: 'own' } });
    for (const secretId of ['first', 'second', 'first']) {
      await under.fetch(approle, { ...one, secrets: secrets({ secret_id: secretId }) });
    }
    expect(vault.count('/v1/auth/*')).toBe(2);
  });
});
