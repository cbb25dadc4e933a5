import { expect, it } from 'vitest';

import { nearest } from './nearest.ts';

const known = ['roleName', 'vaultAddress', 'vaultNamespace', 'objects', 'audience', 'k'];

it.for([
  ['rolename', 'roleName'],
  ['role_name', 'roleName'],
  ['vaultAdress', 'vaultAddress'],
  ['vaultAddres', 'vaultAddress'],
  ['vautlNamespace', 'vaultNamespace'],
  ['object', 'objects'],
  ['audeince', 'audience'],
  ['VAULTADDRESS', 'vaultAddress'],
  ['K', 'k'],
] as const)('takes %j for %j', ([word, meant]) => {
  expect(nearest(word, known)).toBe(meant);
});

it.for(['', 'x', 'xy', 'secretKey', 'vault', 'r'.repeat(100_000)])('knows nothing near %j', (word) => {
  expect(nearest(word, known)).toBeUndefined();
});

it('prefers the nearer of two, and the first of equals', () => {
  expect(nearest('tls.crt', ['tls.key', 'tls.cert', 'tls.crd'])).toBe('tls.cert');
});

it('counts swapped neighbours once', () => {
  expect(nearest('abc', ['acb'])).toBe('acb');
  expect(nearest('abc', ['bca'])).toBeUndefined();
});

it('knows nothing when there are no candidates', () => {
  expect(nearest('word', [])).toBeUndefined();
});
