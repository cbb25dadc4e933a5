import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { checkJmesPath } from '../core/jmes-path.ts';
import { parseProperty, toJmesPath } from './property.ts';

it.for([
  ['a', ['a'], 'a'],
  ['a.b', ['a', 'b'], 'a.b'],
  [String.raw`a\.b.c`, ['a.b', 'c'], '"a.b".c'],
  ['hosts.0.name', ['hosts', '0', 'name'], 'hosts[0].name'],
  ['0.1', ['0', '1'], '"0"[1]'],
  ['é"', ['é"'], String.raw`"é\""`],
] as const)('%s', ([property, steps, path]) => {
  expect(parseProperty(property)).toEqual(steps);
  expect(toJmesPath(steps)).toBe(path);
});

it.for(['', '.', 'a.', 'a..b', 'a.*', 'a?', 'a.#', 'a|b', '@this', '!x', '{a}', 'a[0]'])(
  '%j is more than names',
  (property) => {
    expect(parseProperty(property)).toBeUndefined();
  },
);

it('whatever is understood is a JMESPath', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (property) => {
      const steps = parseProperty(property);
      expect(steps === undefined || checkJmesPath(toJmesPath(steps)) === undefined).toBe(true);
    }),
  );
});
