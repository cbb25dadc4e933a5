import { describe, expect, it } from 'vitest';

import { toPlainJson } from './plain-json.ts';
import { parseYaml } from './yaml-document.ts';
import { YamlReading } from './yaml-place.ts';

function read(text: string, budget = 10_000): { readonly json: unknown; readonly reading: YamlReading } {
  const [document] = parseYaml(text);
  if (document?.root === undefined) throw new Error('no document');
  const reading = new YamlReading(budget);
  return { json: toPlainJson(document.root, { path: 'here', reading }), reading };
}

describe('toPlainJson', () => {
  it.for<readonly [string, unknown]>([
    ['a: [1, -2.5, 0x10, "3", x]', { a: [1, -2.5, 16, '3', 'x'] }],
    ['{ a: true, b: yes, c: "yes", d: off }', { a: true, b: true, c: 'yes', d: false }],
    ['{ a: null, b: ~, c: }', { a: null, b: null, c: null }],
    ['a: 2026-01-02', { a: '2026-01-02' }],
    ['a: |\n  text\n', { a: 'text\n' }],
    ['{ base: &b { x: 1 }, a: { <<: *b, y: 2 } }', { base: { x: 1 }, a: { x: 1, y: 2 } }],
    ['[]', []],
  ])('reads %j', ([text, expected]) => {
    const { json, reading } = read(text);

    expect(json).toEqual(expected);
    expect(reading.problems).toEqual([]);
  });

  it('keeps names that objects of JavaScript have already', () => {
    const { json } = read('{ __proto__: { a: b }, constructor: c }');

    expect(Object.entries(Object(json))).toEqual([
      ['__proto__', { a: 'b' }],
      ['constructor', 'c'],
    ]);
  });

  it('files what cannot be read with its line', () => {
    const { reading } = read('a: 1\na: 2\nb: !!int x\n');

    expect(reading.problems).toMatchObject([
      { path: 'here', line: 2 },
      { path: 'here', line: 3 },
    ]);
  });

  it('stops when aliases repeat too much', () => {
    const bomb = 'a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b]\n';

    expect(read(bomb, 100).reading.exhausted).toBe(true);
  });
});
