import { SecretError } from '../../core/errors.ts';
import type { VaultStore } from '../../core/object-ref.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { describeCall, type TlsIdentity, type VaultCall } from './call.ts';
import type { VaultClient } from './client.ts';
import type { Credential } from './credential.ts';
import { readAnswer, toRefusal } from './errors.ts';
import { toLoginPath } from './login-path.ts';

/** What Vault let us in with. */
export interface Grant {
  readonly token: SecretBytes;
  /** Infinity: no known end. */
  readonly ttlMs: number;
  readonly renewable: boolean;
  /** How many requests the token is good for; 0: any number. */
  readonly numUses: number;
  readonly metadata: ReadonlyMap<string, string>;
  /** The client certificate that the token may be bound to. */
  readonly identity?: TlsIdentity;
}

export interface LoginOptions {
  readonly store: VaultStore;
  readonly signal: AbortSignal;
}

/** Throws VAULT_LOGIN_REFUSED, VAULT_ANSWER_INVALID and the errors of an outage. */
export async function logIn(client: VaultClient, credential: Credential, options: LoginOptions): Promise<Grant> {
  if (credential.method === 'token') return toStaticGrant(credential.token);
  const call = toLoginCall(credential, options.store);
  const answer = await client(call, options);
  if (answer.status >= 400) throw toRefusal(answer, call, remedyFor(credential));
  const { auth } = readAnswer(answer, call);
  if (auth === null || auth.clientToken.size === 0) {
    const remedy = 'check that vaultAuthMountPath names an auth method and needs no second factor';
    throw new SecretError(
      'VAULT_ANSWER_INVALID',
      `${describeCall(call)}: the answer to the login holds no token; ${remedy}`,
    );
  }
  return {
    token: auth.clientToken,
    ttlMs: auth.leaseDurationS > 0 ? auth.leaseDurationS * 1000 : Number.POSITIVE_INFINITY,
    renewable: auth.renewable,
    numUses: auth.numUses,
    metadata: auth.metadata ?? new Map(),
    ...(credential.method === 'cert' && { identity: copyIdentity(credential.identity) }),
  };
}

/** The caller's own bytes end with its call. */
function copyIdentity({ cert, key }: TlsIdentity): TlsIdentity {
  return { cert: SecretBytes.from(Buffer.from(cert.reveal())), key: SecretBytes.from(Buffer.from(key.reveal())) };
}

/** The caller's own token: its end is unknown, and it is not ours to renew. */
function toStaticGrant(token: SecretBytes): Grant {
  const copy = SecretBytes.from(Buffer.from(token.reveal().toString().trim()));
  return { token: copy, ttlMs: Number.POSITIVE_INFINITY, renewable: false, numUses: 0, metadata: new Map() };
}

function toLoginCall(credential: Exclude<Credential, { method: 'token' }>, store: VaultStore): VaultCall {
  return {
    operation: 'login',
    store,
    ...(credential.method === 'cert' && { identity: credential.identity }),
    method: 'POST',
    path: toLoginPath(credential.mount),
    query: '',
    body: JSON.stringify(toBody(credential)),
  };
}

function toBody(credential: Exclude<Credential, { method: 'token' }>): Record<string, string> {
  switch (credential.method) {
    case 'service-account':
      return { jwt: credential.jwt.reveal().toString(), role: credential.role };
    case 'approle':
      return { role_id: credential.roleId, secret_id: credential.secretId.reveal().toString().trim() };
    case 'cert':
      return credential.role === '' ? {} : { name: credential.role };
  }
}

function remedyFor(credential: Credential): string {
  switch (credential.method) {
    case 'service-account':
      return 'Check that the role exists at this mount and is bound to the service account, namespace and audience';
    case 'approle':
      return 'Check role_id and secret_id, and that the secret_id is not used up';
    case 'cert':
      return 'Check that the certificate is trusted by a role of this mount';
    case 'token':
      return 'Check the token';
  }
}
