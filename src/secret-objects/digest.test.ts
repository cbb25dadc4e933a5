import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SecretBytes } from '../core/secret-bytes.ts';
import { contentDigest, differingKeys, sameData } from './digest.ts';
import type { DesiredSecret } from './secret-object.ts';

type Data = ReadonlyMap<string, SecretBytes>;

const key = SecretBytes.from(Buffer.alloc(32, 1));
const toData = (entries: readonly (readonly [string, string])[]): Data =>
  new Map(entries.map(([name, value]) => [name, SecretBytes.from(value)]));

function toSecret(changes: Partial<DesiredSecret> = {}): DesiredSecret {
  return {
    name: 'shop',
    type: 'Opaque',
    labels: { a: '1', b: '2' },
    annotations: { c: '3' },
    immutable: false,
    data: toData([
      ['x', 'one'],
      ['y', 'two'],
    ]),
    ...changes,
  };
}

const texts = fc.string({ maxLength: 3 });
const pairs = fc.uniqueArray(fc.tuple(texts, texts), { selector: ([name]) => name, maxLength: 5 });

describe('contentDigest', () => {
  it('does not depend on the order of anything, or on the name', () => {
    const same = toSecret({
      name: 'other',
      labels: { b: '2', a: '1' },
      data: toData([
        ['y', 'two'],
        ['x', 'one'],
      ]),
    });

    expect(contentDigest(same, key)).toBe(contentDigest(toSecret(), key));
    expect(contentDigest(same, key)).toMatch(/^[\w-]{43}$/);
  });

  it.for<readonly [string, Partial<DesiredSecret>]>([
    ['the type', { type: 'example.com/custom' }],
    ['immutable', { immutable: true }],
    ['a label', { labels: { a: '1', b: '3' } }],
    ['the name of a label', { labels: { a: '1', c: '2' } }],
    ['labels and annotations swapped', { labels: { c: '3' }, annotations: { a: '1', b: '2' } }],
    [
      'a value',
      {
        data: toData([
          ['x', 'one'],
          ['y', 'twp'],
        ]),
      },
    ],
    [
      'a key',
      {
        data: toData([
          ['x', 'one'],
          ['z', 'two'],
        ]),
      },
    ],
    [
      'values swapped',
      {
        data: toData([
          ['x', 'two'],
          ['y', 'one'],
        ]),
      },
    ],
    ['one key less', { data: toData([['x', 'one']]) }],
    ['no data', { data: new Map() }],
  ])('changes with %s', ([, changes]) => {
    expect(contentDigest(toSecret(changes), key)).not.toBe(contentDigest(toSecret(), key));
  });

  it('changes with its key', () => {
    const other = SecretBytes.from(Buffer.alloc(32, 2));

    expect(contentDigest(toSecret(), other)).not.toBe(contentDigest(toSecret(), key));
  });

  it('is equal for equal content only, wherever the borders lie', () => {
    fc.assert(
      fc.property(pairs, pairs, pairs, pairs, (labels, data, otherLabels, otherData) => {
        const one = toSecret({ labels: Object.fromEntries(labels), data: toData(data) });
        const other = toSecret({ labels: Object.fromEntries(otherLabels), data: toData(otherData) });
        const isEqual = isEqualText(labels, otherLabels) && isEqualText(data, otherData);
        expect(contentDigest(one, key) === contentDigest(other, key)).toBe(isEqual);
      }),
    );
  });
});

describe('differingKeys and sameData', () => {
  it('names keys that differ, are missing or are too many, sorted', () => {
    const a = toData([
      ['same', '1'],
      ['z', '1'],
      ['longer', '1'],
      ['onlyA', ''],
    ]);
    const b = toData([
      ['onlyB', ''],
      ['longer', '11'],
      ['z', '2'],
      ['same', '1'],
    ]);

    expect(differingKeys(a, b)).toEqual(['longer', 'onlyA', 'onlyB', 'z']);
    expect(sameData(a, b)).toBe(false);
  });

  it('finds no difference in other order, and compares bytes, not text', () => {
    const a = toData([
      ['x', '1'],
      ['y', '2'],
    ]);
    const b = toData([
      ['y', '2'],
      ['x', '1'],
    ]);

    expect(differingKeys(a, b)).toEqual([]);
    expect(sameData(a, b)).toBe(true);
    expect(sameData(new Map([['x', SecretBytes.from(Buffer.from([0xff]))]]), toData([['x', '\uFFFD']]))).toBe(false);
  });

  it('agree with each other, and do not care who is first', () => {
    fc.assert(
      fc.property(pairs, pairs, (one, other) => {
        const [a, b] = [toData(one), toData(other)];
        expect(sameData(a, b)).toBe(differingKeys(a, b).length === 0);
        expect(differingKeys(b, a)).toEqual(differingKeys(a, b));
      }),
    );
  });
});

function isEqualText(one: readonly (readonly [string, string])[], other: typeof one): boolean {
  const sort = (list: typeof one) => JSON.stringify(list.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return sort(one) === sort(other);
}
