import { expect, it } from 'vitest';

import { catalogue, type ErrorCode } from '../../core/errors.ts';
import { reasonOf } from './reason-of.ts';

it.for([
  ['VAULT_DENIED', 'VaultDenied'],
  ['INTERNAL', 'Internal'],
  ['POD_IDENTITY_UNSUPPORTED', 'PodIdentityUnsupported'],
] as const)('%s is the reason %s', ([code, reason]) => {
  expect(reasonOf(code)).toBe(reason);
});

it('makes a reason that the API server takes of every code, and no two the same', () => {
  // The edge of Object.keys.
  const reasons = (Object.keys(catalogue) as ErrorCode[]).map(reasonOf);
  expect(reasons.filter((reason) => !/^[A-Z][A-Za-z0-9]*$/.test(reason))).toEqual([]);
  expect(new Set(reasons).size).toBe(reasons.length);
});
