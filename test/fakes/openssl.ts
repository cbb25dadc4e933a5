import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createTemporaryDirectory } from './temporary-directory.ts';

/** What the openssl of this machine writes to its output. Throws when it fails. */
export function openssl(args: readonly string[], input: string | Buffer = ''): Buffer {
  return execFileSync('openssl', args, { input, stdio: ['pipe', 'pipe', 'ignore'] });
}

/** Arguments of `genpkey`. */
const algorithms = {
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  ec: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  p384: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  p521: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  secp256k1: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
  ed25519: ['-algorithm', 'ED25519'],
} as const;

export type KeyAlgorithm = keyof typeof algorithms;

/** A private key, PEM of PKCS#8. */
export function createKey(algorithm: KeyAlgorithm): string {
  return openssl(['genpkey', ...algorithms[algorithm]]).toString();
}

/** Certificates and keys are single PEM blocks. */
export interface Chain {
  readonly root: string;
  readonly intermediate: string;
  readonly leaf: string;
  readonly key: string;
}

/** A root, an authority below it, and a certificate of that one for a new key. */
export function createChain(algorithm: KeyAlgorithm): Chain {
  const rootKey = createKey('ec');
  const root = issue({ subject: 'root', key: rootKey, isAuthority: true });
  const intermediateKey = createKey('ec');
  const intermediate = issue({
    subject: 'intermediate',
    key: intermediateKey,
    isAuthority: true,
    issuer: { certificate: root, key: rootKey },
  });
  const key = createKey(algorithm);
  const issuer = { certificate: intermediate, key: intermediateKey };
  return { root, intermediate, key, leaf: issue({ subject: 'leaf', key, isAuthority: false, issuer }) };
}

export interface CertificateRequest {
  readonly subject: string;
  readonly key: string;
  readonly isAuthority: boolean;
  /** Undefined: it signs itself. */
  readonly issuer?: { readonly certificate: string; readonly key: string };
}

export function issue({ subject, key, isAuthority, issuer }: CertificateRequest): string {
  using directory = createTemporaryDirectory();
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory.path, name), text);
    return join(directory.path, name);
  };
  const signer = issuer && ['-CA', file('ca.pem', issuer.certificate), '-CAkey', file('ca.key', issuer.key)];
  const constraints = `basicConstraints=critical,CA:${isAuthority ? 'TRUE' : 'FALSE'}`;
  const subjectOptions = ['-subj', `/CN=${subject}`, '-days', '2', '-addext', constraints];
  return openssl(['req', '-x509', '-key', file('key.pem', key), ...(signer ?? []), ...subjectOptions]).toString();
}

/** Key and certificates as PKCS#12 with an empty password, unless `options` of `openssl pkcs12 -export` say otherwise. */
export function toPfx(pem: string, options: readonly string[] = []): Buffer {
  return openssl(['pkcs12', '-export', '-passout', 'pass:', ...options], pem);
}
