import { createPrivateKey, createPublicKey } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { createKey, type KeyAlgorithm, openssl } from '../../test/fakes/openssl.ts';
import { decodePem, type PemBlock } from './pem.ts';
import { readPrivateKey } from './private-key.ts';

/** Of a file with parameters before the key, the key. */
function blockOf(pem: string | Buffer): PemBlock {
  const block = decodePem(pem.toString()).blocks.at(-1);
  if (block === undefined) throw new Error('no block');
  return block;
}

const toRsa = (...options: string[]) => openssl(['rsa', ...options], rsa);
const toEc = (...options: string[]) => openssl(['ec', ...options], ec);
const rsa = createKey('rsa');
const ec = createKey('ec');

describe('readPrivateKey', () => {
  it('writes RSA as PKCS#1, from PKCS#1 and PKCS#8', () => {
    const expected = toRsa('-traditional').toString();

    expect(readPrivateKey(blockOf(rsa)).pem).toBe(expected);
    expect(readPrivateKey(blockOf(expected)).pem).toBe(expected);
  });

  it.for(['ec', 'p384', 'p521', 'secp256k1'] as const)('writes %s as SEC 1, from SEC 1 and PKCS#8', (algorithm) => {
    const key = createKey(algorithm);
    const expected = openssl(['ec'], key).toString();

    expect(readPrivateKey(blockOf(key)).pem).toBe(expected);
    expect(readPrivateKey(blockOf(expected)).pem).toBe(expected);
  });

  it.for([
    ['without its public point', ['-no_public']],
    ['with a compressed point', ['-conv_form', 'compressed']],
    ['with the parameters of its curve written out', ['-param_enc', 'explicit']],
  ] as const)('writes an EC key %s as any other', ([, options]) => {
    expect(readPrivateKey(blockOf(toEc(...options))).pem).toBe(toEc().toString());
  });

  it('keeps Ed25519 as PKCS#8, which the sync of the driver refuses', () => {
    const key = createKey('ed25519');

    expect(readPrivateKey(blockOf(key)).pem).toBe(key);
  });

  it('goes by the bytes, not by the label', () => {
    const block = blockOf(toRsa('-traditional'));

    expect(readPrivateKey({ ...block, label: 'EC PRIVATE KEY' }).pem).toContain('BEGIN RSA PRIVATE KEY');
  });

  it.for(['rsa', 'ec', 'p384', 'p521', 'ed25519'] as const)('keeps the key itself: %s', (algorithm: KeyAlgorithm) => {
    const key = createKey(algorithm);
    const read = readPrivateKey(blockOf(key));

    expect(createPublicKey(read.pem).equals(createPublicKey(key))).toBe(true);
    expect(read.key.equals(createPrivateKey(key))).toBe(true);
  });

  it.for([
    ['PKCS#8', openssl(['pkcs8', '-topk8', '-passout', 'pass:x'], rsa)],
    ['the old way', toRsa('-traditional', '-aes256', '-passout', 'pass:x')],
  ] as const)('refuses a key with a passphrase (%s), and says what to do', ([, pem]) => {
    expect(() => readPrivateKey(blockOf(pem))).toThrow(/protected by a passphrase; .*openssl pkey/);
  });

  it.for([
    ['OPENSSH PRIVATE KEY', /ssh-keygen/],
    ['PRIVATE KEY', /cannot be read/],
    ['EC PARAMETERS', /cannot be read/],
  ] as const)('refuses bytes that are no key with the label %s', ([label, message]) => {
    const block = { label, der: Buffer.from('top secret'), isEncrypted: false };

    expect(() => readPrivateKey(block)).toThrow(message);
    expect(() => readPrivateKey(block)).not.toThrow(/top secret/);
  });
});
