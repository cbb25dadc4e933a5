import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseNamePattern } from './name-pattern.ts';

const matches = (pattern: string, name: string): boolean | undefined => parseNamePattern(pattern)?.(name);

describe('parseNamePattern', () => {
  it.for<readonly [string, readonly string[], readonly string[]]>([
    ['db', ['db'], ['adb', 'dbx', '']],
    ['db.*', ['db', 'db-1'], ['xdb']],
    ['foo|bar', ['foo', 'bar'], ['foobar', 'foo-1', 'x-bar']],
    ['(foo|bar)-[0-9]+', ['foo-1', 'bar-23'], ['foo-', 'foo-x']],
    ['(?:a|b)?c', ['c', 'ac', 'bc'], ['abc']],
    ['^db$', ['db'], ['dbx']],
    ['a^b', [], ['ab', 'a^b']],
    [String.raw`my\.secret`, ['my.secret'], ['my-secret']],
    [String.raw`[^a-c]\d\w`, ['x1_'], ['a1_', 'xx_']],
    ['a+?', ['a', 'aa'], ['']],
    ['a*?b??', ['', 'a', 'ab'], ['abb']],
    ['()', [''], ['x']],
    ['', [''], ['x']],
    ['a|', ['a', ''], ['b']],
  ])('%s fits whole names only', ([pattern, those, others]) => {
    const names = [...those, ...others];
    expect(names.filter((name) => matches(pattern, name))).toEqual(those);
    expect(names.filter((name) => matches(pattern, name) === false)).toEqual(others);
  });

  it.for([
    '(',
    ')',
    'a)',
    '[',
    '[]',
    '[z-a]',
    '*',
    '|*',
    'a**',
    'a+??',
    'a{2}',
    '(?i)a',
    '(?=a)',
    '\\',
    String.raw`(a)\1`,
    'x'.repeat(513),
  ])('does not understand %s', (pattern) => {
    expect(parseNamePattern(pattern)).toBeUndefined();
  });

  it('agrees with the engine of JavaScript on what it understands', () => {
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('a', 'b', '-', '.', '[ab]', '[^a]', '', '^', '$', String.raw`\-`),
        fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => one + other),
        fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `(${one}|${other})`),
        fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?')).map(([one, sign]) => `(?:${one})${sign}`),
      ),
    }));
    fc.assert(
      fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 6 }), (text, name) => {
        expect(matches(text, name)).toBe(new RegExp(`^(?:${text})$`).test(name));
      }),
      { numRuns: 1000 },
    );
  });

  it.for(['(a+)+$', '(a|a)*b', '((a*)*)*b', '.*.*.*.*.*.*.*.*b', `${'a?'.repeat(100)}${'a'.repeat(100)}b`])(
    'has an answer at once for %s, which drives others mad',
    (pattern) => {
      expect(matches(pattern, 'a'.repeat(252) + '!')).toBe(false);
    },
  );
});
