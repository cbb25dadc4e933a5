import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createTemporaryDirectory } from './temporary-directory.ts';

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface Authority extends Disposable {
  readonly ca: CertificateFiles;
  issue: (subject: string, san?: string) => CertificateFiles;
}

/** A certificate authority, made with openssl, in a new directory that is removed when it is disposed. */
export function createAuthority(name = 'test-ca'): Authority {
  const directory = createTemporaryDirectory();
  const at = (file: string): string => join(directory.path, file);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = (base: string): CertificateFiles => ({
    certFile: at(`${base}.pem`),
    keyFile: at(`${base}.key`),
    cert: readFileSync(at(`${base}.pem`)),
    key: readFileSync(at(`${base}.key`)),
  });
  const out = (base: string): string[] => ['-keyout', at(`${base}.key`)];
  openssl('req', '-x509', ...newKey, ...out('ca'), '-out', at('ca.pem'), '-days', '2', '-subj', `/CN=${name}`);
  return {
    ca: files('ca'),
    issue(subject, san = `DNS:${subject}`) {
      openssl('req', '-new', ...newKey, ...out(subject), '-out', at(`${subject}.csr`), '-subj', `/CN=${subject}`);
      writeFileSync(at(`${subject}.ext`), `subjectAltName=${san}\n`);
      const signer = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at(`${subject}.ext`)];
      openssl('x509', '-req', '-in', at(`${subject}.csr`), '-out', at(`${subject}.pem`), '-days', '2', ...signer);
      return files(subject);
    },
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}
