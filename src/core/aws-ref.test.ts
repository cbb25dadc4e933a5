import { describe, expect, it } from 'vitest';

import {
  type AwsIdentity,
  type AwsParameterRef,
  type AwsRef,
  awsRequestKey,
  type AwsSecretRef,
  type AwsStore,
  awsStoreKey,
  isAwsShareable,
} from './aws-ref.ts';

const irsa: AwsIdentity = { kind: 'irsa', audience: 'sts.amazonaws.com' };
const agent: AwsIdentity = { kind: 'pod-identity', addressType: 'auto', audience: 'pods.eks.amazonaws.com' };
const store: AwsStore = { region: 'us-east-1', identity: irsa };
const secret: AwsSecretRef = { kind: 'aws-secret', store, request: { secretId: 'db' } };
const parameter: AwsParameterRef = { kind: 'aws-parameter', store, request: { name: 'db' } };

describe('awsStoreKey', () => {
  it('is equal for equal stores, whatever is asked', () => {
    expect(awsStoreKey({ ...structuredClone(secret), request: { secretId: 'other' } })).toBe(awsStoreKey(secret));
  });

  it('differs for every difference of a store', () => {
    const assume = { roleArn: 'b' };
    const identities: readonly AwsIdentity[] = [
      irsa,
      { ...irsa, roleArn: 'a' },
      { ...irsa, roleArn: 'b' },
      { ...irsa, audience: 'x' },
      { ...irsa, assume },
      { ...irsa, roleArn: 'a', assume },
      { ...irsa, assume: { ...assume, externalId: 'c' } },
      agent,
      { ...agent, addressType: 'ipv6' },
      { ...agent, assume },
    ];
    const stores: readonly AwsStore[] = [
      ...identities.map((identity) => ({ ...store, identity })),
      { ...store, region: 'us-west-2' },
      { ...store, failoverRegion: 'us-west-2' },
    ];
    const refs: readonly AwsRef[] = [...stores.map((other) => ({ ...secret, store: other })), parameter];

    expect(new Set(refs.map(awsStoreKey)).size).toBe(refs.length);
  });
});

describe('awsRequestKey', () => {
  it('is equal for equal requests, wherever they go', () => {
    expect(awsRequestKey({ ...secret, store: { ...store, region: 'elsewhere' } })).toBe(awsRequestKey(secret));
  });

  it('differs for every difference of a request', () => {
    const secrets: readonly AwsSecretRef[] = [
      secret,
      { ...secret, request: { secretId: 'db2' } },
      { ...secret, request: { secretId: 'db', versionId: 'a' } },
      { ...secret, request: { secretId: 'db', versionStage: 'a' } },
      { ...secret, request: { secretId: 'db', versionId: 'a', versionStage: 'a' } },
      { ...secret, failover: { secretId: 'db' } },
      { ...secret, failover: { secretId: 'db', versionStage: 'a' } },
    ];
    const parameters: readonly AwsParameterRef[] = [
      { ...parameter, request: { name: 'db', version: '1' } },
      { ...parameter, request: { name: 'db', label: '1' } },
      { ...parameter, request: { name: 'db:1' } },
    ];

    expect(new Set([...secrets, ...parameters].map(awsRequestKey)).size).toBe(secrets.length + parameters.length);
  });
});

it('isAwsShareable is true where all pods of an account are one', () => {
  expect(isAwsShareable(secret)).toBe(true);
  expect(isAwsShareable({ ...parameter, store: { ...store, identity: agent } })).toBe(false);
});
