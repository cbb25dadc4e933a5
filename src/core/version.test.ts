import { createHmac } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SecretBytes } from './secret-bytes.ts';
import { hmacVersion, parseVersionKey } from './version.ts';

const key = SecretBytes.from(Uint8Array.from({ length: 32 }, (_, index) => index));

describe('hmacVersion', () => {
  it.for([
    [
      '{"ObjectName":"db-user","SecretPath":"secret/data/db","SecretKey":"username","Method":"","SecretArgs":null,"FilePermission":404,"Encoding":""}',
      'alice',
      'jkYt2TJlG-ge0ucomlTrl_ssDIYMGGHYkDr1M1D4FCs=',
    ],
    [
      '{"ObjectName":"db-user","SecretPath":"secret/data/db","SecretKey":"username","Method":"","SecretArgs":null,"FilePermission":0,"Encoding":""}',
      'alice',
      'qF7kci0kOMnHUOcODKzcpkPI03ubNInZ9XZWgBWwW10=',
    ],
    [
      '{"ObjectName":"cert","SecretPath":"pki/issue/web","SecretKey":"certificate","Method":"PUT","SecretArgs":{"common_name":"a\\u003cb\\u003e\\u0026c.example","exclude_cn_from_sans":true,"ttl":"24h"},"FilePermission":0,"Encoding":"base64"}',
      'x',
      'z-2D2O5W9FHf6wHgSTfXYLZ17m3BLF0mn5ng5Ahicxo=',
    ],
  ] as const)('is that of the official provider for %s', ([input, contents, version]) => {
    expect(hmacVersion(key, input, SecretBytes.from(contents))).toBe(version);
  });

  it('is URL-safe base64 with padding, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), (input, contents) => {
        const message = Buffer.concat([Buffer.from(input), contents]);
        const digest = createHmac('sha256', key.reveal()).update(message).digest('base64');

        expect(hmacVersion(key, input, SecretBytes.from(contents))).toBe(
          digest.replaceAll('+', '-').replaceAll('/', '_'),
        );
      }),
    );
  });
});

describe('parseVersionKey', () => {
  it('takes 32 raw bytes', () => {
    const parsed = parseVersionKey(key.reveal());

    expect(parsed.ok && parsed.value.equals(key)).toBe(true);
  });

  it.for([
    [0, 'holds 0'],
    [31, 'holds 31'],
    [33, 'holds 33: is there a line break at the end?'],
    [44, 'holds 44: it may be base64 text'],
    [45, 'holds 45: it may be base64 text'],
    [64, 'holds 64: it may be hex text'],
    [65, 'holds 65: it may be hex text'],
    [1000, 'holds 1000'],
  ] as const)('refuses %d bytes', ([size, message]) => {
    expect(parseVersionKey(new Uint8Array(size))).toEqual({
      ok: false,
      problems: [
        {
          path: '--version-key-file',
          message: expect.stringContaining(message) as string,
          code: 'VERSION_KEY_INVALID',
        },
      ],
    });
  });
});
