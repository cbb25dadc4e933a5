import { describe, expect, it } from 'vitest';

import { awsSecretRef } from '../../test/fakes/aws-objects.ts';
import { vaultRef } from '../../test/fakes/planned-object.ts';
import type { AwsParameterRef } from './aws-ref.ts';
import {
  isAccountLogin,
  isShareable,
  type ObjectRef,
  requestKey,
  requestName,
  storeKey,
  storeName,
  type VaultAuth,
  type VaultRef,
  type VaultRequest,
} from './object-ref.ts';

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

describe('refs of several kinds', () => {
  const parameterRef: AwsParameterRef = {
    kind: 'aws-parameter',
    store: awsSecretRef.store,
    request: { name: '/app/db' },
  };

  it('never share a key', () => {
    const refs = [vaultRef, awsSecretRef, parameterRef];

    expect(new Set(refs.map(storeKey)).size).toBe(3);
    expect(requestKey(awsSecretRef)).not.toBe(requestKey(vaultRef));
  });

  it.for<readonly [ObjectRef, string, string]>([
    [vaultRef, 'https://vault.test:8200', '/v1/secret/data/db'],
    [awsSecretRef, 'secretsmanager us-east-1', 'app/db'],
    [
      { ...awsSecretRef, request: { secretId: 'a', versionId: 'v', versionStage: 's' } },
      'secretsmanager us-east-1',
      'a:v:s',
    ],
    [parameterRef, 'ssm us-east-1', '/app/db'],
    [{ ...parameterRef, request: { name: '/a', version: '3' } }, 'ssm us-east-1', '/a:3'],
    [{ ...parameterRef, request: { name: '/a', label: 'l' } }, 'ssm us-east-1', '/a:l'],
  ])('are called %j, %s and %s', ([ref, store_, asked]) => {
    expect([storeName(ref), requestName(ref)]).toEqual([store_, asked]);
  });

  it.for<readonly [ObjectRef, boolean]>([
    [vaultRef, true],
    [awsSecretRef, true],
    [{ ...vaultRef, store: { ...store, auth: { method: 'token' } } }, false],
  ])('enter by the account alone or not: %j, %j', ([ref, expected]) => {
    expect(isAccountLogin(ref)).toBe(expected);
  });

  it('are shareable at AWS unless the session belongs to the pod', () => {
    const identity = { kind: 'pod-identity', addressType: 'auto', audience: 'pods.eks.amazonaws.com' } as const;

    expect(isShareable(awsSecretRef)).toBe(true);
    expect(isShareable({ ...awsSecretRef, store: { region: 'us-east-1', identity } })).toBe(false);
  });
});
