import fc from 'fast-check';
import { expect, it } from 'vitest';

import { formatGoFloat32 } from './go-float.ts';

it.for([
  [1.5, '1.5'],
  [2, '2'],
  [-0, '-0'],
  [0, '0'],
  [1000, '1000'],
  [100_000, '100000'],
  [1e6, '1e+06'],
  [1_234_567, '1.234567e+06'],
  [123_456.5, '123456.5'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [-12.25, '-12.25'],
  [0.1, '0.1'],
  [3.14159265358979, '3.1415927'],
  [Number('123456789012345678901234'), '1.2345679e+23'],
  [16_777_217, '1.6777216e+07'],
  [1e300, '+Inf'],
  [-Infinity, '-Inf'],
  [Number.NaN, 'NaN'],
  [1e-50, '0'],
] as const)('writes %f as %s', ([value, text]) => {
  expect(formatGoFloat32(value)).toBe(text);
});

it('writes what reads back as the same 32-bit number', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Math.fround(Number(formatGoFloat32(value)))).toBe(value);
    }),
  );
});
