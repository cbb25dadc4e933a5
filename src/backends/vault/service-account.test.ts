import { describe, expect } from 'vitest';

import { accountCaller, FakeTokenIssuer } from '../../../test/fakes/token-issuer.ts';
import { it as base, found } from '../../../test/fakes/vault-backend.ts';
import { kubernetes, login, podCaller } from '../../../test/fakes/vault-callers.ts';
import { FakeVault, refuse } from '../../../test/fakes/vault-server.ts';
import { SecretError } from '../../core/errors.ts';
import type { VaultAuth } from '../../core/object-ref.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';

const app = accountCaller();
/** As the dialects make it of a class that names no audience. */
const auth = {
  method: 'service-account',
  mount: 'kubernetes',
  role: 'app',
  audience: 'vault',
  requestAudience: '',
} as const;

const it = base
  .extend('tokenIssuer', () => new FakeTokenIssuer())
  .extend('under', ({ create, tokenIssuer }) => create({ tokenIssuer }))
  .extend('classRef', ({ ref }) => {
    return (path?: string, own: VaultAuth = auth) => ref(path, { auth: own });
  });

function loginBodies({ requests }: FakeVault): readonly unknown[] {
  return requests.filter(({ path }) => path === login).map(({ body }) => JSON.parse(body) as unknown);
}

describe('a service account without a pod', () => {
  it('logs in once with a token that Kubernetes issues, of the audience that its pods have', async ({
    classRef,
    vault,
    under,
    tokenIssuer,
  }) => {
    vault.grant = kubernetes;
    await Promise.all([
      under.fetch(classRef(), app),
      under.fetch(classRef('kv/b'), app),
      under.fetch(classRef(), accountCaller()),
    ]);

    expect(await under.fetch(classRef(), app)).toEqual(found);
    expect(tokenIssuer.asked).toEqual(['shop/app for vault']);
    expect(loginBodies(vault)).toEqual([{ jwt: 'issued-token-1', role: 'app' }]);
  });

  it.for([
    [{ ...auth, audience: 'openbao' }, 'openbao'],
    [{ ...auth, audience: 'vault.shop', requestAudience: 'vault.shop' }, 'vault.shop'],
  ] as const)('asks for the audience of the class', async ([own, audience], { classRef, under, tokenIssuer }) => {
    expect(await under.fetch(classRef('kv/a', own), app)).toEqual(found);
    expect(tokenIssuer.asked).toEqual([`shop/app for ${audience}`]);
  });

  it.for([
    [kubernetes, 'shared'],
    [{ metadata: { role: 'app' } }, 'pod'],
  ] as const)(
    'is known by one login, whatever Vault says about it',
    async ([grant, scope], { classRef, vault, under }) => {
      vault.grant = grant;

      expect(await under.backend.identify(classRef(), app, under)).toBe(scope);
      expect(await under.backend.identify(classRef(), accountCaller(), under)).toBe(scope);
      await under.fetch(classRef(), app);
      expect(vault.count(login)).toBe(1);
    },
  );

  it('asks for another token when it logs in again', async ({ classRef, vault, under }) => {
    await under.fetch(classRef(), app);
    vault.tokens.clear();

    expect(await under.fetch(classRef(), app)).toEqual(found);
    expect(loginBodies(vault)).toMatchObject([{ jwt: 'issued-token-1' }, { jwt: 'issued-token-2' }]);
  });

  it.for([
    ['another account', accountCaller({ serviceAccount: 'other' })],
    ['the same account of another namespace', accountCaller({ namespace: 'other' })],
    ['a pod of the account', podCaller('one')],
  ] as const)('shares no login with %s', async ([, other], { classRef, vault, under }) => {
    vault.grant = kubernetes;
    await under.fetch(classRef(), app);
    await under.fetch(classRef(), other);

    expect(vault.count(login)).toBe(2);
  });

  it('keeps one lease for each request', async ({ classRef, vault, under }) => {
    vault.grant = { ...kubernetes, ttlS: 3600 };
    vault.engines.set('database/creds/app', { ttlS: 3600, renewable: true });
    const first = await under.fetch(classRef('database/creds/app'), app);

    expect(first).toMatchObject({ leased: true });
    expect(await under.fetch(classRef('database/creds/app'), accountCaller())).toEqual(first);
    expect(vault.leases.size).toBe(1);
  });

  it.for(['AUDIENCE_FORBIDDEN', 'TOKEN_REQUEST_FAILED', 'NOT_LEADER'] as const)(
    'fails with what Kubernetes said, before Vault is asked: %s',
    async (code, { classRef, vault, under, tokenIssuer }) => {
      tokenIssuer.refusal = new SecretError(code, 'said by Kubernetes');

      expect(await under.fetch(classRef(), app)).toEqual({ code, message: 'said by Kubernetes' });
      await expect(under.backend.identify(classRef(), app, under)).rejects.toMatchObject({ code });
      expect(vault.requests).toEqual([]);

      tokenIssuer.refusal = undefined;
      expect(await under.fetch(classRef(), app)).toEqual(found);
    },
  );

  it('is refused in words that speak of no pod', async ({ classRef, vault, under }) => {
    vault.script({ route: login, reply: refuse(403, 'service account name not authorized') });
    const { code, message } = await under.fetch(classRef(), app);

    expect(code).toBe('VAULT_LOGIN_REFUSED');
    expect(message).toContain('service account name not authorized');
    expect(message).toContain('bound to the service account, namespace and audience');
    expect(message).not.toMatch(/\bpod\b/);
  });

  it('needs somebody who issues tokens', async ({ create, classRef }) => {
    const alone = create();
    const { code, message } = await alone.fetch(classRef(), app);

    expect(code).toBe('TOKEN_MISSING');
    expect(message).toContain('list it in --audiences of the controller');
    expect(message).not.toMatch(/pod|driver/i);
  });

  it('logs in with its credentials where the class says so, and gets no token issued', async ({
    classRef,
    under,
    tokenIssuer,
  }) => {
    const own: VaultAuth = { method: 'approle', mount: 'approle', roleId: 'rid' };
    const secrets = new Map([['secret_id', SecretBytes.from('sid')]]);

    expect(await under.fetch(classRef('kv/a', own), accountCaller({ secrets }))).toEqual(found);
    expect(await under.fetch(classRef('kv/a', own), app)).toMatchObject({
      code: 'CREDENTIAL_MISSING',
      message: expect.stringContaining('the Secret that credentialsSecret names'),
    });
    expect(tokenIssuer.asked).toEqual([]);
  });
});
