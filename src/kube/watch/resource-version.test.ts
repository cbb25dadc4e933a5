import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isOlder } from './resource-version.ts';

describe('isOlder', () => {
  it.for([
    ['9', '10', true],
    ['10', '9', false],
    ['10', '10', false],
    ['0', '1', true],
    ['9007199254740993', '9007199254740994', true],
    ['abc', 'abd', false],
    ['1', 'b', false],
    ['', '1', false],
    ['007', '8', false],
    ['-1', '1', false],
  ] as const)('%s before %s: %s', ([version, than, expected]) => {
    expect(isOlder(version, than)).toBe(expected);
  });

  it('orders as the numbers do, of any size', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n }), (a, b) => {
        expect(isOlder(String(a), String(b))).toBe(a < b);
      }),
    );
  });
});
