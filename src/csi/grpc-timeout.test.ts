import { expect, it } from 'vitest';

import { toTimeLimitMs } from './grpc-timeout.ts';

it.for([
  ['119900m', 100_000],
  ['2M', 100_000],
  ['1H', 100_000],
  ['60S', 59_000],
  ['5S', 4000],
  ['1S', 800],
  ['10m', 8],
  ['1m', 0.8],
  ['0S', 0],
  ['99999999n', 79.9999992],
  [undefined, 100_000],
  ['', 100_000],
  ['soon', 100_000],
  ['123456789S', 100_000],
  ['-1S', 100_000],
  ['1S, 1S', 100_000],
] as const)('a grpc-timeout of %j leaves %d ms', ([header, limitMs]) => {
  expect(toTimeLimitMs(header, 100_000)).toBeCloseTo(limitMs, 6);
});
