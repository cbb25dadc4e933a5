import { describe, expect, it } from 'vitest';

import { vaultRef } from '../../test/fakes/planned-object.ts';
import { isShareable, requestKey, storeKey, type VaultAuth, type VaultRef, type VaultRequest } from './object-ref.ts';

const { store, request } = vaultRef;

describe('storeKey', () => {
  it('is equal for equal stores, whatever is asked', () => {
    expect(storeKey({ ...vaultRef, request: { ...request, path: '/v1/other' } })).toBe(
      storeKey(structuredClone(vaultRef)),
    );
  });

  const auths: readonly VaultAuth[] = [
    { method: 'service-account', mount: 'kubernetes', role: 'other', audience: 'vault' },
    { method: 'service-account', mount: 'jwt', role: 'app', audience: 'vault' },
    { method: 'service-account', mount: 'kubernetes', role: 'app', audience: '' },
    { method: 'approle', mount: 'kubernetes', roleId: 'app' },
    { method: 'cert', mount: 'kubernetes', role: 'app' },
    { method: 'token' },
  ];
  const stores: readonly VaultRef['store'][] = [
    { ...store, address: 'https://vault.test:8201' },
    { ...store, namespace: 'team' },
    ...auths.map((auth) => ({ ...store, auth })),
    ...(['caFile', 'caDirectory', 'serverName', 'clientCertFile', 'clientKeyFile'] as const).map((key) => ({
      ...store,
      tls: { ...store.tls, [key]: 'x' },
    })),
    { ...store, tls: { ...store.tls, skipVerify: true } },
  ];

  it('differs for every difference of a store', () => {
    const keys = [vaultRef.store, ...stores].map((other) => storeKey({ ...vaultRef, store: other }));

    expect(new Set(keys).size).toBe(stores.length + 1);
  });
});

describe('requestKey', () => {
  it('is equal for equal requests, whoever is asked', () => {
    const elsewhere = { ...vaultRef, store: { ...store, address: 'http://other' } };

    expect(requestKey(elsewhere)).toBe(requestKey(vaultRef));
  });

  it('differs for every difference of a request, and between no body and an empty one', () => {
    const requests: readonly VaultRequest[] = [
      request,
      { ...request, method: 'get' },
      { ...request, path: '/v1/secret/data' },
      { ...request, query: 'version=2' },
      { ...request, path: '/v1/secret/data/db?version=2' },
      { ...request, body: '' },
      { ...request, body: '{}' },
      { ...request, body: 'null' },
      { ...request, unsendable: 'has arguments that are no JSON' },
    ];

    expect(new Set(requests.map((other) => requestKey({ ...vaultRef, request: other }))).size).toBe(requests.length);
  });
});

describe('isShareable', () => {
  it.for<readonly [Partial<VaultRequest>, boolean]>([
    [{}, true],
    [{ query: 'version=2' }, true],
    [{ method: 'LIST' }, false],
    [{ method: 'get' }, false],
    [{ method: 'PUT' }, false],
    [{ body: '{}' }, false],
    [{ unsendable: 'has arguments that are no JSON' }, false],
  ])('of a request with %j is %s', ([changes, shareable]) => {
    expect(isShareable({ ...vaultRef, request: { ...request, ...changes } })).toBe(shareable);
  });
});
