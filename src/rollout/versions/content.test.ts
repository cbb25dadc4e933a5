import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SecretBytes } from '../../core/secret-bytes.ts';
import { type SecretContent, toContent, usedHash } from './content.ts';
import { contentHash, hashPattern } from './version.ts';

const key = SecretBytes.from(Buffer.alloc(32, 1));
type Pairs = readonly (readonly [string, string])[];

function contentOf(pairs: Pairs, type = 'Opaque'): SecretContent {
  return toContent(key, { type, data: new Map(pairs.map(([name, value]) => [name, SecretBytes.from(value)])) });
}

const base: Pairs = [
  ['user', 'app'],
  ['password', 'hunter2'],
];

const texts = fc.string({ maxLength: 3 });
const pairs = fc.uniqueArray(fc.tuple(texts, texts), { selector: ([name]) => name, maxLength: 4 });
const sorted = (list: Pairs): string => JSON.stringify(list.toSorted(([a], [b]) => (a < b ? -1 : 1)));

describe('the content of a Secret', () => {
  it('has the hash of its versions and one for each key, and no value', () => {
    const content = contentOf(base);
    const data = new Map(base.map(([name, value]) => [name, SecretBytes.from(value)]));

    expect(content).toMatchObject({ type: 'Opaque', hash: contentHash(key, 'Opaque', data) });
    expect([...content.keyHashes.keys()]).toEqual(['user', 'password']);
    for (const hash of content.keyHashes.values()) expect(hash).toMatch(hashPattern);
    expect(JSON.stringify([...content.keyHashes, content])).not.toMatch(/hunter2|redacted/);
  });

  it('is another one with another key of ours', () => {
    const other = toContent(SecretBytes.from(Buffer.alloc(32, 2)), {
      type: 'Opaque',
      data: new Map([['user', SecretBytes.from('app')]]),
    });

    expect(other.keyHashes.get('user')).not.toBe(contentOf(base).keyHashes.get('user'));
    expect(usedHash(other, new Set(['user']))).not.toBe(usedHash(contentOf(base), new Set(['user'])));
  });
});

describe('the hash of the used keys', () => {
  it('stays what it is: annotations of running workloads depend on it', () => {
    expect(usedHash(contentOf(base), new Set(['user']))).toBe('idbk73osa6ee');
    expect(usedHash(contentOf(base), 'all')).toBe('o8ikisl3m0dg');
  });

  it('does not change with keys that are not used, nor with the type', () => {
    const other = contentOf(
      [
        ['user', 'app'],
        ['password', 'changed'],
        ['added', 'x'],
      ],
      'example.com/own',
    );

    expect(usedHash(other, new Set(['user']))).toBe(usedHash(contentOf(base), new Set(['user'])));
    expect(usedHash(other, 'all')).not.toBe(usedHash(contentOf(base), 'all'));
  });

  it('of all keys changes with the type', () => {
    expect(usedHash(contentOf(base, 'x'), 'all')).not.toBe(usedHash(contentOf(base), 'all'));
  });

  it.for<readonly [string, Pairs]>([
    ['another value', [['user', 'other']]],
    ['no such key', []],
    ['an empty value', [['user', '']]],
    ['the same value under another key', [['password', 'app']]],
  ])('changes with %s', ([, data]) => {
    const used = new Set(['user', 'password']);
    expect(usedHash(contentOf(data), used)).not.toBe(usedHash(contentOf([['user', 'app']]), used));
  });

  it('is equal exactly where all used keys are, in any order', () => {
    fc.assert(
      fc.property(pairs, pairs, fc.uniqueArray(texts), (one, other, names) => {
        const used = new Set(names);
        const pick = (list: Pairs): string => sorted(list.filter(([name]) => used.has(name)));
        const [a, b] = [usedHash(contentOf(one), used), usedHash(contentOf(other), new Set(names.toReversed()))];
        expect(a).toMatch(hashPattern);
        expect(a === b).toBe(pick(one) === pick(other));
      }),
    );
  });
});
