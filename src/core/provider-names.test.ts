import { describe, expect, it } from 'vitest';

import { isProviderName } from './provider-names.ts';

describe('isProviderName', () => {
  it.for([
    ['vault', true],
    ['lockstep-openbao', true],
    ['Vault', false],
    ['__proto__', false],
    ['toString', false],
  ] as const)('knows %s: %s', ([name, known]) => {
    expect(isProviderName(name)).toBe(known);
  });
});
