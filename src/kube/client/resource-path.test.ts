import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { resources } from '../objects.ts';
import { toQuery, toResourcePath } from './resource-path.ts';

const { secrets, syncs, namespaces, serviceAccounts } = resources;

describe('the path of a resource', () => {
  it.for([
    [{ resource: secrets }, '/api/v1/secrets'],
    [{ resource: secrets, namespace: 'shop' }, '/api/v1/namespaces/shop/secrets'],
    [{ resource: secrets, namespace: 'shop', name: 'db.v1' }, '/api/v1/namespaces/shop/secrets/db.v1'],
    [{ resource: namespaces, name: 'shop' }, '/api/v1/namespaces/shop'],
    [
      { resource: serviceAccounts, namespace: 'shop', name: 'web', subresource: 'token' },
      '/api/v1/namespaces/shop/serviceaccounts/web/token',
    ],
    [
      { resource: syncs, namespace: 'shop', name: 'db', subresource: 'status' },
      '/apis/lockstep.dev/v1alpha1/namespaces/shop/secretproviderclasssyncs/db/status',
    ],
  ] as const)('of %o is %s', ([place, path]) => {
    expect(toResourcePath(place)).toBe(path);
  });

  it.for([
    '',
    '.',
    '..',
    'a/b',
    '../kube-system',
    'a%2fb',
    'a?b',
    'a#b',
    'A',
    'a b',
    'é',
    'a..b',
    '-a',
    'a.',
    'a'.repeat(254),
  ])('is refused for the name "%s"', (name) => {
    const refusal = { code: 'KUBE_REFUSED', message: expect.stringContaining(JSON.stringify(name.slice(0, 100))) };

    expect(() => toResourcePath({ resource: secrets, namespace: 'shop', name })).toThrow(
      expect.objectContaining(refusal),
    );
    expect(() => toResourcePath({ resource: secrets, namespace: name })).toThrow(expect.objectContaining(refusal));
  });

  it('never leaves the namespace, whatever the name', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        let path = '/api/v1/namespaces/shop/secrets/x';
        try {
          path = toResourcePath({ resource: secrets, namespace: 'shop', name });
        } catch {
          // Refused is fine.
        }
        const { pathname, search, hash } = new URL(decodeURIComponent(path), 'http://kube');

        expect(pathname).toMatch(/^\/api\/v1\/namespaces\/shop\/secrets\/[^/]+$/);
        expect(search + hash).toBe('');
      }),
    );
  });
});

describe('a query', () => {
  it('leaves out what is undefined, and encodes the rest', () => {
    expect(toQuery({ watch: 1, labelSelector: 'a=b,!c', continue: undefined })).toBe(
      '?watch=1&labelSelector=a%3Db%2C%21c',
    );
    expect(toQuery({ limit: undefined })).toBe('');
  });
});
