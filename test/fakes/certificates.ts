import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A certificate authority in a new directory, made with openssl. */
export function createAuthority(name = 'test-ca'): {
  readonly ca: CertificateFiles;
  issue: (subject: string, san?: string) => CertificateFiles;
} {
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-ca-'));
  const at = (file: string): string => join(directory, file);
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
  };
}
