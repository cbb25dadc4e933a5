import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { canaryForms } from '../../../test/fakes/canary.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { contentHash, hashPattern, keyId, namespaceKey, type SecretData, valueHash, versionName } from './version.ts';

const key = SecretBytes.from(Buffer.alloc(32, 1));
const otherKey = SecretBytes.from(Buffer.alloc(32, 2));
type Pairs = readonly (readonly [string, string])[];
const toData = (pairs: Pairs): SecretData => new Map(pairs.map(([name, value]) => [name, SecretBytes.from(value)]));
const base = toData([
  ['user', 'app'],
  ['password', 'hunter2'],
]);

const texts = fc.string({ maxLength: 3 });
const pairs = fc.uniqueArray(fc.tuple(texts, texts), { selector: ([name]) => name, maxLength: 4 });
const sorted = (list: Pairs): string => JSON.stringify(list.toSorted(([a], [b]) => (a < b ? -1 : 1)));

describe('contentHash', () => {
  it('stays what it is: names of existing versions depend on it', () => {
    expect(contentHash(key, 'Opaque', base)).toBe('o8ikisl3m0dg');
    expect(keyId(key)).toBe('0a14d3fd');
  });

  it('is equal for equal content only, wherever the borders lie, and fits into a name', () => {
    fc.assert(
      fc.property(texts, pairs, texts, pairs, (type, data, otherType, otherData) => {
        const [one, other] = [contentHash(key, type, toData(data)), contentHash(key, otherType, toData(otherData))];
        expect(one).toMatch(hashPattern);
        expect(one === other).toBe(type === otherType && sorted(data) === sorted(otherData));
      }),
    );
  });

  it('is another one with another key, in another namespace, and for another purpose', () => {
    const hashes = [
      contentHash(key, '', base),
      contentHash(otherKey, '', base),
      contentHash(namespaceKey(key, 'shop'), '', base),
      contentHash(namespaceKey(key, 'bank'), '', base),
      contentHash(key, 'x', base),
    ];

    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('makes names of versions', () => {
    expect(versionName('db', contentHash(key, 'Opaque', base))).toMatch(/^db-[0-9a-v]{12}$/);
  });
});

describe('valueHash', () => {
  it('is that of one value, under one key, with one key of ours', () => {
    const value = SecretBytes.from('app');
    const hashes = [
      valueHash(key, 'user', value),
      valueHash(key, 'password', value),
      valueHash(key, 'user', SecretBytes.from('apq')),
      valueHash(otherKey, 'user', value),
    ];

    expect(new Set(hashes).size).toBe(hashes.length);
    for (const hash of hashes) expect(hash).toMatch(hashPattern);
  });
});

describe('keyId', () => {
  it('tells keys apart and shows nothing of them', () => {
    const secret = SecretBytes.from('0123456789abcdef0123456789abcdef');

    expect(keyId(secret)).toMatch(/^[0-9a-f]{8}$/);
    expect(keyId(secret)).not.toBe(keyId(key));
    for (const { text } of canaryForms('0123456789abcdef')) expect(text).not.toContain(keyId(secret));
  });
});
