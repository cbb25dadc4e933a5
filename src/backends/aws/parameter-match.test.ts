import type { Parameter } from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { findParameter, toSelector } from './parameter-match.ts';

const arn = 'arn:aws:ssm:us-east-1:123456789012:parameter/app/db';
const plain = { Name: '/app/db', ARN: arn, Version: 3 };
const blue = { ...plain, Version: 1, Selector: ':blue' };

describe('findParameter', () => {
  it.for<readonly [string, readonly Parameter[], Parameter | undefined]>([
    ['/app/db', [blue, plain], plain],
    ['/app/db:blue', [plain, blue], blue],
    [arn, [blue, plain], plain],
    [`${arn}:blue`, [plain, blue], blue],
    ['/app/db', [plain, { ...plain }], plain],
    ['/app/db:3', [plain], plain],
    ['/app/db:green', [blue], undefined],
    ['/app/d', [plain], undefined],
    ['/app/db', [], undefined],
    ['db', [{ Name: 'db', Version: 1 }], { Name: 'db', Version: 1 }],
    ['arn:aws:ssm:us-east-1:1:parameter', [plain], undefined],
    // Two that could be meant: none of them.
    ['/app/db', [plain, { ...plain, Version: 4 }], undefined],
    ['/app/db:green', [plain, { ...plain, Version: 4 }], undefined],
  ])('finds %s', ([asked, answered, found]) => {
    expect(findParameter(asked, answered)).toEqual(found);
  });

  it('finds what was asked for in any order, among others', () => {
    const request = fc.record({
      name: fc.constantFrom('/a', '/a/b', 'c'),
      selector: fc.constantFrom(undefined, '1', '2', 'blue', 'green'),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(request, { selector: (r) => JSON.stringify(r), minLength: 1 }),
        fc.nat(),
        (requests, turn) => {
          const answered = requests.map(({ name, selector }, index) => ({
            Name: name,
            Value: String(index),
            Version: index,
            ...(selector !== undefined && { Selector: `:${selector}` }),
          }));
          const turned = [...answered.slice(turn % answered.length), ...answered.slice(0, turn % answered.length)];
          const found = requests.map(({ name, selector }) =>
            findParameter(toSelector({ name, ...(selector !== undefined && { label: selector }) }), turned),
          );
          expect(found.map((parameter) => parameter?.Value)).toEqual(answered.map(({ Value }) => Value));
        },
      ),
    );
  });
});

describe('toSelector', () => {
  it.for([
    [{ name: '/db' }, '/db'],
    [{ name: '/db', version: '3' }, '/db:3'],
    [{ name: '/db', label: 'blue' }, '/db:blue'],
    [{ name: arn, version: '3' }, `${arn}:3`],
  ] as const)('writes %j as AWS wants it', ([request, text]) => {
    expect(toSelector(request)).toBe(text);
  });
});
