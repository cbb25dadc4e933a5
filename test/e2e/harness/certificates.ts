import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TlsFiles } from './vault.ts';

/** Makes an authority and a server certificate of 127.0.0.1 signed by it, in `dir`; called again it replaces all three. */
export function writeCertificates(dir: string): TlsFiles {
  mkdirSync(dir, { recursive: true });
  const next = join(dir, 'next');
  mkdirSync(next, { recursive: true });
  writeFileSync(join(next, 'extensions'), 'subjectAltName=IP:127.0.0.1\n');
  const days = ['-days', '2', '-nodes'];
  openssl(next, [
    'req',
    '-x509',
    ...newKey,
    ...days,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=e2e authority',
  ]);
  openssl(next, ['req', ...newKey, '-nodes', '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=e2e vault']);
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'extensions'];
  openssl(next, ['x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.pem']);
  for (const file of ['ca.pem', 'server.key', 'server.pem']) {
    copyFileSync(join(next, file), join(dir, `${file}.new`));
    renameSync(join(dir, `${file}.new`), join(dir, file));
  }
  return { certificate: join(dir, 'server.pem'), key: join(dir, 'server.key'), ca: join(dir, 'ca.pem') };
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

function openssl(cwd: string, args: readonly string[]): void {
  execFileSync('openssl', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
}
