import { beforeAll, describe, expect, it } from 'vitest';

import { type Chain, createChain, createKey, issue, openssl, toPfx } from '../../test/fakes/openssl.ts';
import { toFile } from '../../test/fakes/resolved-file.ts';
import type { ResolvedObject } from '../core/plan.ts';
import { type SplitKey, splitTls } from './tls.ts';

let rsa: Chain;
let ec: Chain;
let ed25519: Chain;

beforeAll(() => {
  rsa = createChain('rsa');
  ec = createChain('ec');
  ed25519 = createChain('ed25519');
});

interface Texts {
  readonly values: Readonly<Record<string, string>>;
  readonly failures: Readonly<Record<string, string>>;
}

async function split(sources: Readonly<Partial<Record<SplitKey, ResolvedObject>>>): Promise<Texts> {
  const entries = Object.entries(sources) as [SplitKey, ResolvedObject][];
  const { values, failures } = await splitTls(new Map(entries));
  return {
    values: Object.fromEntries([...values].map(([key, value]) => [key, value.reveal().toString()])),
    failures: Object.fromEntries(failures),
  };
}

function splitOne(contents: string | Buffer): Promise<Texts> {
  const file = toFile('bundle', contents);
  return split({ 'tls.crt': file, 'tls.key': file, 'ca.crt': file });
}

describe('splitTls', () => {
  it('cuts a bundle of PEM, in whatever order the key stands there', async () => {
    const expected = {
      'tls.crt': `${rsa.leaf}${rsa.intermediate}${rsa.root}`,
      'tls.key': openssl(['rsa', '-traditional'], rsa.key).toString(),
      'ca.crt': `${rsa.intermediate}${rsa.root}`,
    };
    for (const text of [
      `${rsa.key}${rsa.leaf}${rsa.intermediate}${rsa.root}`,
      `${rsa.leaf}${rsa.intermediate}\n# the key\n${rsa.key}\n${rsa.root}`,
      `Bag Attributes\n    localKeyID: 01\n${rsa.leaf}${rsa.intermediate}${rsa.root}${rsa.key}`.replaceAll(
        '\n',
        '\r\n',
      ),
    ]) {
      expect(await splitOne(text)).toEqual({ values: expected, failures: {} });
    }
  });

  it('writes what the sync of the driver writes for EC', async () => {
    const { values } = await splitOne(`${ec.key}${ec.leaf}${ec.intermediate}`);

    expect(values['tls.key']).toBe(openssl(['ec'], ec.key).toString());
    expect(values['tls.crt']).toBe(`${ec.leaf}${ec.intermediate}`);
  });

  it('takes Ed25519', async () => {
    const { values } = await splitOne(`${ed25519.key}${ed25519.leaf}${ed25519.intermediate}`);

    expect(values['tls.key']).toBe(ed25519.key);
  });

  it('does not take the parameters of a curve for a key', async () => {
    const parameters = openssl(['ecparam', '-name', 'prime256v1']).toString();
    const { values, failures } = await splitOne(`${ec.key}${parameters}${ec.leaf}${ec.intermediate}`);

    expect(failures).toEqual({});
    expect(values['tls.key']).toContain('BEGIN EC PRIVATE KEY');
  });

  it('takes the last of several private keys', async () => {
    const { failures } = await splitOne(`${createKey('ec')}${ec.key}${ec.leaf}${ec.intermediate}`);

    expect(failures).toEqual({});
  });

  it.for([
    ['bytes', (file: Buffer) => file],
    ['base64', (file: Buffer) => file.toString('base64')],
    ['base64 in lines', (file: Buffer) => `${file.toString('base64').replaceAll(/.{76}/g, '$&\r\n')}\n`],
  ] as const)('cuts PKCS#12 (%s), the certificate of the key first', async ([, encode]) => {
    const file = toPfx(`${ec.key}${ec.leaf}${ec.intermediate}${ec.root}`);
    const { values, failures } = await splitOne(encode(file));

    expect(failures).toEqual({});
    expect(values['tls.crt']).toBe(`${ec.leaf}${ec.intermediate}${ec.root}`);
    expect(values['tls.key']).toBe(openssl(['ec'], ec.key).toString());
    expect(values['ca.crt']).toBe(`${ec.intermediate}${ec.root}`);
  });

  it('puts the certificate of the key first, because PKCS#12 has no order', async () => {
    // Without its key openssl keeps the order of the certificates.
    const certificates = toFile('certificates', toPfx(`${ec.root}${ec.leaf}${ec.intermediate}`, ['-nokeys']));
    const { values } = await split({ 'tls.crt': certificates, 'tls.key': toFile('key', ec.key) });

    expect(values['tls.crt']).toBe(`${ec.leaf}${ec.root}${ec.intermediate}`);
  });

  it('takes certificate, key and authority from files of their own', async () => {
    const { values, failures } = await split({
      'tls.crt': toFile('crt', ec.leaf),
      'tls.key': toFile('key', ec.key),
      'ca.crt': toFile('ca', `${rsa.root}${rsa.leaf}`),
    });

    expect(failures).toEqual({});
    // Of a file of its own nothing is left out.
    expect(values).toMatchObject({ 'tls.crt': ec.leaf, 'ca.crt': `${rsa.root}${rsa.leaf}` });
  });

  it('takes a certificate that signs itself for its own authority', async () => {
    const key = createKey('ec');
    const certificate = issue({ subject: 'alone', key, isAuthority: false });
    const { values } = await splitOne(`${key}${certificate}`);

    expect(values['ca.crt']).toBe(certificate);
  });

  it.for<readonly [string, () => string, SplitKey, RegExp]>([
    ['another key', () => `${createKey('ec')}${ec.leaf}`, 'tls.crt', /does not belong to the private key of tls\.key/],
    [
      'its certificate last',
      () => `${ec.key}${ec.root}${ec.intermediate}${ec.leaf}`,
      'tls.crt',
      /belongs to certificate 3 of 3; put that one first/,
    ],
    ['no authority', () => `${ec.key}${ec.leaf}`, 'ca.crt', /none of its certificates is one of an authority/],
    ['no key', () => ec.leaf, 'tls.key', /holds no private key/],
    ['no certificate', () => ec.key, 'tls.crt', /holds no certificate/],
    [
      'a key with a passphrase',
      () => `${openssl(['pkcs8', '-topk8', '-passout', 'pass:x'], ec.key).toString()}${ec.leaf}`,
      'tls.key',
      /protected by a passphrase/,
    ],
    [
      'a damaged certificate',
      () => `${ec.key}${ec.leaf}${ec.root.replace('M', '%')}`,
      'tls.crt',
      /PEM block in it is damaged/,
    ],
    [
      'a damaged key',
      () => `${ec.leaf}${ec.key.replace(/\n-----END/, '=\n-----END')}`,
      'tls.key',
      /PEM block in it is damaged/,
    ],
    [
      'a certificate that is none',
      () => `${ec.key}${ec.leaf}-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n`,
      'tls.crt',
      /certificate 2 of 2 cannot be read as X\.509/,
    ],
    [
      'its line breaks lost',
      () => `${ec.key}${ec.leaf}`.replaceAll('\n', ' '),
      'tls.crt',
      /PEM block in it is damaged; BEGIN and END must match, on lines of their own/,
    ],
    ['text', () => 'top secret', 'tls.crt', /neither PEM nor PKCS#12/],
    ['nothing', () => '', 'tls.key', /neither PEM nor PKCS#12/],
  ])('refuses a file with %s', async ([, contents, key, message]) => {
    const { values, failures } = await splitOne(contents());

    expect(failures[key]).toMatch(message);
    expect(Object.keys(values)).not.toContain(key);
    expect(JSON.stringify(failures)).not.toContain('top secret');
  });

  it('makes nothing of nothing', async () => {
    expect(await split({})).toEqual({ values: {}, failures: {} });
  });
});
