import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { one, parse, problems } from '../../test/fakes/parsed-vault-objects.ts';
import { parseVaultObjects } from './vault-objects.ts';

describe('parseVaultObjects on hostile input', () => {
  it.for(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('finds nothing special in %s', (word) => {
    const [object] = parse(`- objectName: ${word}\n  secretPath: kv/${word}\n  secretKey: ${word}\n  ${word}: x\n`);
    expect(object).toMatchObject({ name: word, secretKey: word });
    expect(problems(one(`secretKey: k\n  encoding: ${word}`))).toHaveLength(1);
  });

  it('takes a thousand objects and refuses ten thousand with the limit', () => {
    const list = (count: number): string =>
      Array.from({ length: count }, (_, i) => `- {objectName: o${i}, secretPath: kv/a}\n`).join('');
    expect(parse(list(1000))).toHaveLength(1000);
    expect(problems(list(10_000))).toEqual([
      expect.stringMatching(/10000 objects; 1000 are the limit: split the class/),
    ]);
    expect(problems(list(100_000))).toEqual([expect.stringMatching(/1000 objects are the limit/)]);
  });

  it('refuses what aliases blow up, without the work', () => {
    const levels = Array.from({ length: 20 }, (_, i) => `    l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(10)}]\n`);
    const bomb = `- objectName: a\n  secretPath: kv/a\n  secretArgs:\n    l0: &l0 lol\n${levels.join('')}`;
    const merges = Array.from({ length: 20 }, (_, i) => `- &m${i + 1} {<<: [${`*m${i},`.repeat(10)}]}\n`);
    const mergeBomb = `- &m0 {objectName: a}\n${merges.join('')}`;
    const long = `- &t {objectName: a, secretPath: "${'x'.repeat(100_000)}"}\n${'- *t\n'.repeat(900)}`;
    for (const text of [bomb, mergeBomb, long]) {
      expect(problems(text)).toEqual([expect.stringMatching(/repeats itself too often through aliases/)]);
    }
  });

  it('never throws on a mutated list', () => {
    const text = `${one('secretArgs: {a: &x [1, 2], b: *x}\n  filePermission: 0600\n  <<: {method: GET}')}- objectName: b\n  secretPath: "kv/b?v=1"\n`;
    const edit = fc.record({
      at: fc.nat(text.length),
      cut: fc.nat(5),
      insert: fc.oneof(
        fc.string({ unit: 'binary', maxLength: 4 }),
        fc.constantFrom('<<: ', '*x', '&x ', '!!int ', '\n', '? ', '{', ']'),
      ),
    });
    const mutated = fc
      .array(edit, { maxLength: 4 })
      .map((edits) =>
        edits.reduce((all, { at, cut, insert }) => all.slice(0, at) + insert + all.slice(at + cut), text),
      );
    fc.assert(
      fc.property(mutated, (value) => {
        const parsed = parseVaultObjects(value);
        expect(parsed.ok ? parsed.value.length : parsed.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });
});
