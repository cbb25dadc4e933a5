import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseYaml } from './yaml-document.ts';
import type { YamlNode } from './yaml-node.ts';

/** Nodes as plain values; scalars with their style and tag where those are unusual. */
function plain(node: YamlNode | undefined): unknown {
  switch (node?.kind) {
    case undefined:
      return undefined;
    case 'sequence':
      return node.items.map(plain);
    case 'mapping':
      return node.entries.map(({ key, value }) => [plain(key), plain(value)]);
    case 'scalar':
      return [node.style === 'plain' ? '' : `${node.style} `, node.tag, node.text].join('');
  }
}

function firstOf(text: string) {
  const [document] = parseYaml(text);
  if (document === undefined) throw new Error('no document');
  return document;
}

describe('parseYaml', () => {
  it('keeps what is written and how', () => {
    const { root, mistakes } = firstOf('- 0600\n- "a\\tb"\n- !!int 5\n- !own {k: }\n- |\n  x\n- ? [1]\n  : ~\n');
    expect(mistakes).toEqual([]);
    expect(plain(root)).toEqual(['0600', 'quoted a\tb', '!!int5', [['k', '']], 'block x\n', [[['1'], '~']]]);
  });

  it('knows the line of every node', () => {
    const { root } = firstOf('# c\n- a: 1\n  b: |\n    x\n- c\n');
    const [map, item] = root?.kind === 'sequence' ? root.items : [];
    const lines = map?.kind === 'mapping' ? map.entries.flatMap(({ key, value }) => [key.line, value.line]) : [];
    expect([map?.line, ...lines, item?.line]).toEqual([2, 2, 2, 3, 3, 5]);
  });

  it('points aliases at the latest anchor before them', () => {
    expect(plain(firstOf('- &a 1\n- *a\n- &a 2\n- *a\n').root)).toEqual(['1', '1', '2', '2']);
  });

  it.for([
    ['\ufeff- a', ['a']],
    ['- a\r\n- b\r- c\u0085- d', ['a', 'b', 'c', 'd']],
    ['', undefined],
    ['# nothing\n', undefined],
    ['%YAML 1.1\n---\n- a\n', ['a']],
  ] as const)('reads %j', ([text, expected]) => {
    const { root, mistakes } = firstOf(text);
    expect(mistakes).toEqual([]);
    expect(plain(root)).toEqual(expected);
  });

  it('reads documents one by one, so that mistakes of later ones do not matter to the first', () => {
    const documents = parseYaml('a\n---\n[\n');
    expect(documents.next().value).toEqual({ root: expect.objectContaining({ text: 'a' }), mistakes: [] });
    expect(documents.next().value).toMatchObject({ root: undefined, mistakes: [{ line: 4 }] });
  });

  it.for([
    ['- a: 1\n   b: 2\n', 1, /is no valid YAML/],
    ['- a\n\t- b: [', 2, /is no valid YAML/],
    ['- *x\n', 1, /alias \*x without an anchor/],
    ['- a\n- &x [*x]\n', 2, /alias \*x inside its own anchor/],
    ['- a\n- "\u0001"\n', 2, /control character U\+0001/],
    ['- a\u007f', 1, /control character U\+007F/],
    ['%YAML 1.2\n---\n- a\n', 1, /%YAML/],
  ] as const)('names the line of what is wrong in %j', ([text, line, message]) => {
    const [mistake] = firstOf(text).mistakes;
    expect(mistake).toEqual({ line, message: expect.stringMatching(message) });
  });

  it.for(['['.repeat(200_000), '- '.repeat(200_000), '{a: '.repeat(100_000), '? '.repeat(200_000), '['.repeat(150)])(
    'refuses deep nesting without running out of stack',
    (text) => {
      expect(firstOf(text).mistakes.length).toBeGreaterThan(0);
    },
  );

  it('says so when a document is nested too deep but otherwise fine', () => {
    const { mistakes } = firstOf(`${'['.repeat(150)}${']'.repeat(150)}`);
    expect(mistakes[0]?.message).toMatch(/nested deeper than 100 levels/);
  });

  it('names ten mistakes at most and quotes little of the text', () => {
    const { mistakes } = firstOf(`- "${'x'.repeat(5000)}" "y"\n`.repeat(50));
    expect(mistakes.length).toBeLessThanOrEqual(10);
    expect(mistakes.every(({ message }) => message.length < 300)).toBe(true);
  });

  it('never throws, whatever it is given', () => {
    const token = fc.constantFrom(
      '- ',
      ': ',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '!!int ',
      '|',
      '>',
      '"',
      "'",
      '#',
    );
    const text = fc.array(fc.oneof(token, fc.string({ unit: 'binary', maxLength: 5 }))).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (value) => {
        for (const { mistakes } of parseYaml(value)) expect(mistakes.every(({ line }) => line >= 1)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
