import { createPrivateKey, X509Certificate } from 'node:crypto';

import * as fc from 'fast-check';
import forge from 'node-forge';
import { beforeAll, describe, expect, it } from 'vitest';

import { type Chain, createChain, toPfx } from '../../test/fakes/openssl.ts';
import { readPkcs12 } from './pkcs12.ts';
import { UnusableFile } from './unusable-file.ts';

let rsa: Chain;
let ec: Chain;
let ed25519: Chain;

beforeAll(() => {
  rsa = createChain('rsa');
  ec = createChain('ec');
  ed25519 = createChain('ed25519');
});

const inOrder = ({ key, leaf, intermediate }: Chain): string => `${key}${leaf}${intermediate}`;
const der = (certificate: string): Buffer => new X509Certificate(certificate).raw;

describe('readPkcs12', () => {
  it.for([
    ['as OpenSSL 3 writes it (AES-256, SHA-256)', []],
    ['with the old ciphers (RC2, 3DES)', ['-legacy']],
    ['with 3DES for both', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']],
    ['with AES-128', ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC']],
    ['without a checksum', ['-nomac']],
    ['without encryption', ['-keypbe', 'NONE', '-certpbe', 'NONE']],
    ['with nothing of the kind', ['-keypbe', 'NONE', '-certpbe', 'NONE', '-nomac']],
    ['with a name', ['-name', 'Schlüssel', '-caname', 'CA']],
    ['with many rounds', ['-iter', '20000']],
  ] as const)('reads a file %s', async ([, options]) => {
    const { certificates, keys } = await readPkcs12(toPfx(inOrder(rsa), options));

    expect(certificates).toEqual([der(rsa.leaf), der(rsa.intermediate)]);
    expect(keys).toHaveLength(1);
    expect(toKey(keys[0]).equals(createPrivateKey(rsa.key))).toBe(true);
  });

  it('reads keys and certificates other than RSA', async () => {
    for (const chain of [ec, ed25519]) {
      const { certificates, keys } = await readPkcs12(toPfx(inOrder(chain)));

      expect(certificates).toEqual([der(chain.leaf), der(chain.intermediate)]);
      expect(toKey(keys[0]).equals(createPrivateKey(chain.key))).toBe(true);
    }
  });

  it.for(['3des', 'aes256'] as const)('reads a file without a password as Windows means it (%s)', async (algorithm) => {
    const key = forge.pki.privateKeyFromPem(rsa.key);
    const asn1 = forge.pkcs12.toPkcs12Asn1(key, forge.pki.certificateFromPem(rsa.leaf), null, { algorithm });
    const file = Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1');

    const { keys } = await readPkcs12(file);

    expect(toKey(keys[0]).equals(createPrivateKey(rsa.key))).toBe(true);
  });

  it('reads certificates without a key', async () => {
    const { certificates, keys } = await readPkcs12(toPfx(rsa.root, ['-nokeys']));

    expect(certificates).toEqual([der(rsa.root)]);
    expect(keys).toEqual([]);
  });

  it.for([
    ['modern', []],
    ['old', ['-legacy']],
  ] as const)('says that a file with %s ciphers has a password, and how to get rid of it', async ([, options]) => {
    const file = toPfx(inOrder(rsa), ['-passout', 'pass:geheim', ...options]);

    await expect(readPkcs12(file)).rejects.toThrow(
      /protected by a password; export it anew: `openssl pkcs12 .* pass: /,
    );
  });

  it('refuses an encryption that it does not know', async () => {
    const file = toPfx(inOrder(rsa), ['-keypbe', 'ARIA-256-CBC', '-certpbe', 'ARIA-256-CBC']);

    await expect(readPkcs12(file)).rejects.toThrow(/encryption is not known here; export it anew/);
  });

  it('refuses a file that would keep the controller busy', async () => {
    const file = toPfx(inOrder(ec), ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-iter', '150000']);

    await expect(readPkcs12(file)).rejects.toThrow(/more than 100000 rounds/);
  });

  it.for([
    ['nothing', Buffer.alloc(0)],
    ['a certificate', () => der(rsa.leaf)],
    ['half of a file', () => toPfx(inOrder(rsa)).subarray(0, 1000)],
    ['an empty sequence', Buffer.from('3000', 'hex')],
    ['very deep nesting', Buffer.from('3080'.repeat(5000), 'hex')],
  ] as const)('refuses %s', async ([, file]) => {
    const bytes = typeof file === 'function' ? file() : file;

    await expect(readPkcs12(bytes)).rejects.toThrow(/neither PEM nor a PKCS#12 file that can be read/);
  });

  it('answers any damage with a reason or with what can still be read', async () => {
    const file = toPfx(inOrder(ec), ['-keypbe', 'NONE', '-certpbe', 'NONE', '-nomac']);
    const damage = fc.array(fc.tuple(fc.nat(file.byteLength - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = Buffer.from(file);
        for (const [at, value] of changes) bytes[at] = value;
        const outcome = await readPkcs12(bytes).catch((error: unknown) => error);
        expect(outcome instanceof UnusableFile || outcome instanceof Object).toBe(true);
        expect(outcome instanceof Error).toBe(outcome instanceof UnusableFile);
      }),
    );
  });
});

function toKey(pkcs8: Buffer | undefined): ReturnType<typeof createPrivateKey> {
  return createPrivateKey({ key: pkcs8 ?? Buffer.alloc(0), format: 'der', type: 'pkcs8' });
}
