import { createHash } from 'node:crypto';

import type { Caller } from '../../core/caller.ts';
import { SecretError } from '../../core/errors.ts';
import type { VaultAuth, VaultRef } from '../../core/object-ref.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import type { TokenIssuer } from '../../core/token-issuer.ts';
import { quote, type TlsIdentity } from './call.ts';

/** What a caller proves itself with. */
export type Credential =
  | { readonly method: 'service-account'; readonly mount: string; readonly role: string; readonly jwt: SecretBytes }
  | { readonly method: 'approle'; readonly mount: string; readonly roleId: string; readonly secretId: SecretBytes }
  | { readonly method: 'cert'; readonly mount: string; readonly role: string; readonly identity: TlsIdentity }
  | { readonly method: 'token'; readonly token: SecretBytes };

export interface CredentialOptions {
  /** For pods `--token-request-fallback`; undefined: a missing token is an error. */
  readonly tokenIssuer: TokenIssuer | undefined;
  readonly signal: AbortSignal;
}

/** The method that applies: a token that a person brought along wins over what the manifest says. */
export function authOf(ref: VaultRef, caller: Caller): VaultAuth {
  if (caller.kind === 'operator' && caller.secrets.has('token')) return { method: 'token' };
  return ref.store.auth;
}

/** Throws TOKEN_MISSING, TOKEN_REQUEST_FAILED, AUDIENCE_FORBIDDEN, CREDENTIAL_MISSING. */
export async function readCredential(ref: VaultRef, caller: Caller, options: CredentialOptions): Promise<Credential> {
  const auth = authOf(ref, caller);
  switch (auth.method) {
    case 'service-account':
      return { method: auth.method, mount: auth.mount, role: auth.role, jwt: await readJwt(auth, caller, options) };
    case 'approle': {
      const secretId = readSecret(caller, 'secret_id', auth.method);
      const roleId = auth.roleId === '' ? readSecret(caller, 'role_id', auth.method).reveal().toString() : auth.roleId;
      return { method: 'approle', mount: auth.mount, roleId: roleId.trim(), secretId };
    }
    case 'cert':
      return { method: 'cert', mount: auth.mount, role: auth.role, identity: readIdentity(caller) };
    case 'token':
      return { method: 'token', token: readSecret(caller, 'token', auth.method) };
  }
}

/** Changes with the caller's secrets. For comparing only, never shown. */
export function digestSecrets(caller: Caller): string {
  return digestOf([...caller.secrets].toSorted(([a], [b]) => (a < b ? -1 : 1)).flat());
}

/** Changes with the token that logs in. For comparing only, never shown. */
export function digestCredential(credential: Credential): string {
  return credential.method === 'service-account' ? digestOf([credential.jwt]) : '';
}

type ServiceAccountAuth = Extract<VaultAuth, { method: 'service-account' }>;

async function readJwt(auth: ServiceAccountAuth, caller: Caller, options: CredentialOptions): Promise<SecretBytes> {
  const { audience } = auth;
  const { tokenIssuer, signal } = options;
  // A service account logs in as its pods would, so with the audience that the driver's tokens have.
  const requestAudience = caller.kind === 'service-account' ? audience : (auth.requestAudience ?? audience);
  const sent = caller.tokens.get(audience);
  if (sent && sent.size > 0) return sent;
  if (tokenIssuer) return await tokenIssuer.issue(caller, requestAudience, { signal });
  const others = [...caller.tokens.keys()].map(quote).slice(0, 10).join(', ');
  throw new SecretError(
    'TOKEN_MISSING',
    `no service account token for the audience ${quote(audience)} was sent (sent: ${others === '' ? 'none' : others}); ` +
      `${tokenRemedies[caller.kind]}, or set audience to one that is sent`,
  );
}

const tokenRemedies: Readonly<Record<Caller['kind'], string>> = {
  pod: 'list it under tokenRequests[].audience in the Helm values of the Secrets Store CSI driver',
  'service-account': 'list it in --audiences of the controller',
  operator: 'set VAULT_TOKEN or give such a token to the command',
};

function readIdentity(caller: Caller): TlsIdentity {
  return { cert: readSecret(caller, 'tls.crt', 'cert'), key: readSecret(caller, 'tls.key', 'cert') };
}

function readSecret(caller: Caller, key: string, method: string): SecretBytes {
  const secret = caller.secrets.get(key);
  if (secret && secret.size > 0) return secret;
  const source = {
    pod: 'the Secret that nodePublishSecretRef of the volume names',
    'service-account': 'the Secret that credentialsSecret names',
    operator: 'the credentials given to the command',
  }[caller.kind];
  throw new SecretError('CREDENTIAL_MISSING', `the ${method} login needs the key ${quote(key)} in ${source}; add it`);
}

function digestOf(parts: readonly (string | SecretBytes)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part.reveal();
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('base64url');
}
