import { createHash } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';

import { SecretError } from '../../core/errors.ts';
import type { VaultTls } from '../../core/object-ref.ts';
import type { TlsIdentity } from './call.ts';
import type { PolicyGuard } from './policy.ts';
import { readCaDirectory, readCaFile, readFileOf } from './tls-files.ts';

/** Everything that decides how a TLS connection is made, read and checked. */
export interface TlsMaterial {
  /** Equal for equal material. */
  readonly digest: string;
  /** Undefined for a connection without TLS. */
  readonly secureContext: SecureContext | undefined;
}

/**
 * Reads the files of `tls`. Parity: the CA file wins over the directory, and either replaces the system's roots.
 * Throws FILE_UNREADABLE, PATH_FORBIDDEN, MANIFEST_INVALID.
 */
export async function readTlsMaterial(
  tls: VaultTls,
  identity: TlsIdentity | undefined,
  guard: PolicyGuard,
): Promise<TlsMaterial> {
  const ca = await readCa(tls, guard);
  const { cert, key } = identity ? revealIdentity(identity) : await readClientFiles(tls, guard);
  const options = { ...(ca && { ca: [...ca] }), ...(cert && key && { cert, key }) };
  return {
    digest: digestOf([...(ca ?? ['system']), cert ?? '', key ?? '']),
    secureContext: createContext(options, identity),
  };
}

export function digestIdentity(identity: TlsIdentity): string {
  return digestOf([identity.cert.reveal(), identity.key.reveal()]);
}

interface ClientPair {
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

function digestOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('base64url');
}

async function readCa(tls: VaultTls, guard: PolicyGuard): Promise<readonly string[] | undefined> {
  if (tls.caFile !== '') return await readCaFile(guard, 'vaultCACertPath', tls.caFile);
  if (tls.caDirectory !== '') return await readCaDirectory(guard, 'vaultCADirectory', tls.caDirectory);
  return undefined;
}

async function readClientFiles(tls: VaultTls, guard: PolicyGuard): Promise<ClientPair> {
  const { clientCertFile, clientKeyFile } = tls;
  if (clientCertFile === '' && clientKeyFile === '') return {};
  if (clientCertFile === '' || clientKeyFile === '') {
    throw new SecretError(
      'MANIFEST_INVALID',
      'vaultTLSClientCertPath and vaultTLSClientKeyPath belong together: both client cert and client key must be provided',
    );
  }
  return {
    cert: await readFileOf(guard, 'vaultTLSClientCertPath', clientCertFile),
    key: await readFileOf(guard, 'vaultTLSClientKeyPath', clientKeyFile),
  };
}

function revealIdentity(identity: TlsIdentity): ClientPair {
  return { cert: identity.cert.reveal(), key: identity.key.reveal() };
}

function createContext(options: SecureContextOptions, identity: TlsIdentity | undefined): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    // What OpenSSL says may quote the input.
    const where = identity ? 'keys tls.crt and tls.key of the Secret' : 'vaultTLSClientCertPath, vaultTLSClientKeyPath';
    throw new SecretError(
      identity ? 'CREDENTIAL_MISSING' : 'FILE_UNREADABLE',
      `${where}: not a certificate with its unencrypted key in PEM form`,
      { cause: error },
    );
  }
}
