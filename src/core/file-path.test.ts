import { posix } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { checkFilePath, findPathCollisions } from './file-path.ts';

describe('checkFilePath', () => {
  it.for(['a', 'a/b', 'tls.crt', '.hidden', 'a/.b', 'a/..b', 'a..', 'a/...', 'ä/✓', 'a\\b', 'a\nb', '__proto__'])(
    'accepts %j',
    (path) => {
      expect(checkFilePath(path)).toBeUndefined();
    },
  );

  it.for([
    ['', 'is empty'],
    ['/a', 'is absolute'],
    ['/', 'is absolute'],
    ['..', 'has an element `..`'],
    ['../a', 'has an element `..`'],
    ['a/../b', 'has an element `..`'],
    ['a/..', 'has an element `..`'],
    ['..a', 'starts with `..`'],
    ['..data/a', 'starts with `..`'],
    ['...', 'starts with `..`'],
    ['.', 'is not clean'],
    ['./a', 'is not clean'],
    ['a/./b', 'is not clean'],
    ['a//b', 'is not clean'],
    ['a/', 'is not clean'],
    ['a\0b', 'NUL'],
    [`${'a'.repeat(256)}`, 'longer than 255 bytes'],
    [`a/${'é'.repeat(128)}`, 'longer than 255 bytes'],
    [`${'a/'.repeat(2048)}a`, 'longer than 4096 bytes'],
  ] as const)('refuses %j', ([path, reason]) => {
    expect(checkFilePath(path)).toContain(reason);
  });

  it('accepts elements and paths of exactly the longest size', () => {
    expect(checkFilePath('é'.repeat(127) + 'a')).toBeUndefined();
    expect(checkFilePath(`${'a/'.repeat(2047)}ab`)).toBeUndefined();
  });

  it('accepts nothing that leaves the volume', () => {
    const path = fc
      .array(fc.constantFrom('..', '.', 'a', '/', '', '\0', '..b'), { maxLength: 8 })
      .map((p) => p.join(''));
    fc.assert(
      fc.property(path, (text) => {
        const inside =
          text !== '' && posix.join('/volume', text).startsWith('/volume/') && posix.normalize(text) === text;

        expect(inside || checkFilePath(text) !== undefined).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('findPathCollisions', () => {
  it.for([
    [['a', 'b', 'ac'], []],
    [['a', 'a'], [['a', 'a']]],
    [
      ['a', 'a', 'a'],
      [
        ['a', 'a'],
        ['a', 'a'],
      ],
    ],
    [['a/b', 'a'], [['a', 'a/b']]],
    [['a', 'a!', 'a-b', 'a/b'], [['a', 'a/b']]],
    [['a/b/c', 'a/b', 'a/bc'], [['a/b', 'a/b/c']]],
    [
      ['a', 'a/b', 'a/b/c'],
      [
        ['a', 'a/b'],
        ['a', 'a/b/c'],
      ],
    ],
    [['a/b', 'a/c', 'A'], []],
    [['ab', 'a/b'], []],
    [[], []],
  ] as const)('finds those among %j', ([paths, expected]) => {
    expect(findPathCollisions(paths).map(({ path, other }) => [path, other])).toEqual(expected);
  });

  it('finds one exactly when two paths are equal or one is under the other', () => {
    const path = fc.array(fc.constantFrom('a', 'b', '!', '𝄞'), { minLength: 1, maxLength: 3 }).map((p) => p.join('/'));
    fc.assert(
      fc.property(fc.array(path, { maxLength: 6 }), (paths) => {
        const collide = paths.some((a, i) => paths.some((b, j) => i !== j && (a === b || b.startsWith(`${a}/`))));

        expect(findPathCollisions(paths).length > 0).toBe(collide);
      }),
    );
  });

  it('takes a thousand of the deepest paths in its stride', () => {
    const deep = 'a/'.repeat(2040);
    const paths = Array.from({ length: 1000 }, (_, index) => `${deep}${index}`);

    expect(findPathCollisions([...paths, `${deep}7`])).toEqual([{ path: `${deep}7`, other: `${deep}7` }]);
  });
});
