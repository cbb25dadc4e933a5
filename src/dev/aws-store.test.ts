import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parameterRef, secretRef, tell } from '../../test/fakes/aws-callers.ts';
import { FakeClock } from '../../test/fakes/clock.ts';
import { createAwsAccess } from '../backends/aws/access.ts';
import { createParameterStoreBackend } from '../backends/aws/parameter-store.ts';
import { createSecretsManagerBackend } from '../backends/aws/secrets-manager.ts';
import { readAwsEnvironment } from '../config/aws-environment.ts';
import { type AwsParameterRequest, type AwsSecretRequest, irsaAudience } from '../core/aws-ref.ts';
import type { Caller } from '../core/caller.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { createMetrics } from '../platform/metrics.ts';
import { startAwsStore } from './aws-store.ts';
import type { LoopbackServer } from './loopback-server.ts';
import { createPodTokens, type PodTokens } from './pod-tokens.ts';
import { SecretsFile } from './secrets-file.ts';

const identity = { namespace: 'shop', serviceAccount: 'web', podName: 'web-1', podUid: 'uid-1' };
const secrets = `
secretsmanager: { shop/db: { password: first }, plain: just text }
ssmparameter: { /shop/level: info, shop-mode: dark }
`;

let directory: string;
let secretsPath: string;
let clock: FakeClock;
let tokens: PodTokens;
let store: LoopbackServer;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lockstep-aws-store-'));
  secretsPath = join(directory, 'secrets.yaml');
  await writeFile(secretsPath, secrets);
  // The SDK signs with the time of the machine.
  clock = new FakeClock(Date.now());
  tokens = createPodTokens(Buffer.alloc(32, 7), clock);
  const file = SecretsFile.open({ path: secretsPath, clock, onProblem: () => undefined });
  store = await startAwsStore({ file, tokens, clock });
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

function podWith(token: string): Caller {
  const bytes = new Map([[irsaAudience, SecretBytes.from(token)]]);
  return { kind: 'pod', namespace: 'shop', serviceAccount: 'web', tokens: bytes, secrets: new Map() };
}

/** The production backends, as the daemon starts them. */
function createBackends(batch: 'auto' | 'off' = 'off') {
  const defaults = readAwsEnvironment({ AWS_ENDPOINT_URL: store.address });
  if (!defaults.ok) throw new Error('the endpoint is broken');
  const access = createAwsAccess({
    clock,
    metrics: createMetrics(),
    defaults: defaults.value,
    failover: 'lazy',
    batch,
  });
  const pod = podWith(tokens.issue(identity, irsaAudience).token);
  const { signal } = new AbortController();
  const [secretsManager, parameterStore] = [createSecretsManagerBackend(access), createParameterStoreBackend(access)];
  return {
    secrets: async (requests: readonly AwsSecretRequest[], caller = pod) =>
      (
        await secretsManager.fetch(
          requests.map((request) => secretRef(request)),
          caller,
          { signal },
        )
      ).map(tell),
    parameters: async (requests: readonly AwsParameterRequest[], caller = pod) =>
      (
        await parameterStore.fetch(
          requests.map((request) => parameterRef(request)),
          caller,
          { signal },
        )
      ).map(tell),
    [Symbol.dispose]: () => access.close(),
  };
}

const firstVersion = '00000001-0000-4000-8000-000000000000';
const secondVersion = '00000002-0000-4000-8000-000000000000';

describe('the production backends at the embedded AWS', () => {
  it('log in with a token of the run and read a secret as JSON and as text', async () => {
    using aws = createBackends();

    expect(await aws.secrets([{ secretId: 'shop/db' }, { secretId: 'plain' }])).toEqual([
      { value: '{"password":"first"}', version: firstVersion },
      { value: 'just text', version: firstVersion },
    ]);
    expect(store.requests()).toBe(3);
  });

  it('see an edit as a new version, and can still name the earlier one', async () => {
    using aws = createBackends();
    await aws.secrets([{ secretId: 'shop/db' }]);
    await writeFile(secretsPath, secrets.replace('first', 'second'));

    const second = { value: '{"password":"second"}', version: secondVersion };
    const first = { value: '{"password":"first"}', version: firstVersion };
    expect(
      await aws.secrets([
        { secretId: 'shop/db' },
        { secretId: 'shop/db', versionStage: 'AWSPREVIOUS' },
        { secretId: 'shop/db', versionId: firstVersion },
        { secretId: 'shop/db', versionId: firstVersion, versionStage: 'AWSCURRENT' },
        { secretId: 'plain', versionStage: 'AWSPREVIOUS' },
      ]),
    ).toMatchObject([second, first, first, { code: 'AWS_NOT_FOUND' }, { code: 'AWS_NOT_FOUND' }]);
  });

  it.for([
    ['an ARN', 'arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-Demo42'],
    ['an ARN without its suffix', 'arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db'],
  ] as const)('find a secret by %s', async ([, secretId]) => {
    using aws = createBackends();

    expect(await aws.secrets([{ secretId }])).toMatchObject([{ value: '{"password":"first"}' }]);
  });

  it.for(['nowhere', '__proto__', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db'])(
    'do not find %s',
    async (secretId) => {
      using aws = createBackends();

      expect(await aws.secrets([{ secretId }])).toMatchObject([{ code: 'AWS_NOT_FOUND' }]);
    },
  );

  it('do not find what was removed', async () => {
    using aws = createBackends();
    await writeFile(secretsPath, 'secretsmanager: {}');

    expect(await aws.secrets([{ secretId: 'plain' }])).toMatchObject([{ code: 'AWS_NOT_FOUND' }]);
    expect(await aws.parameters([{ name: '/shop/level' }])).toMatchObject([{ code: 'AWS_NOT_FOUND' }]);
  });

  it('read several secrets with one request', async () => {
    using aws = createBackends('auto');

    expect(await aws.secrets([{ secretId: 'plain' }, { secretId: 'nowhere' }, { secretId: 'shop/db' }])).toMatchObject([
      { value: 'just text' },
      { code: 'AWS_NOT_FOUND' },
      { value: '{"password":"first"}' },
    ]);
    expect(store.requests()).toBe(2);
  });

  it('read parameters by name, ARN and version', async () => {
    using aws = createBackends();
    await aws.parameters([{ name: '/shop/level' }]);
    await writeFile(secretsPath, secrets.replace('info', 'debug'));
    const arn = 'arn:aws:ssm:us-east-1:123456789012:parameter';

    expect(
      await aws.parameters([
        { name: '/shop/level' },
        { name: '/shop/level', version: '1' },
        { name: `${arn}/shop/level` },
        { name: `${arn}/shop-mode` },
        { name: '/shop/level', version: '3' },
        { name: '/shop/level', label: 'stable' },
        { name: '/shop/none' },
      ]),
    ).toMatchObject([
      { value: 'debug', version: '2' },
      { value: 'info', version: '1' },
      { value: 'debug', version: '2' },
      { value: 'dark', version: '1' },
      { code: 'AWS_NOT_FOUND' },
      { code: 'AWS_NOT_FOUND' },
      { code: 'AWS_NOT_FOUND' },
    ]);
  });

  it('log in again when their credentials have ended', async () => {
    using aws = createBackends();
    await aws.secrets([{ secretId: 'plain' }]);
    await clock.advance(3_600_000);
    const caller = podWith(tokens.issue(identity, irsaAudience).token);

    expect(await aws.secrets([{ secretId: 'plain' }], caller)).toMatchObject([{ value: 'just text' }]);
    expect(store.requests()).toBe(4);
  });

  it.for([
    ['of another run', (): string => createPodTokens(Buffer.alloc(32, 9), clock).issue(identity, irsaAudience).token],
    ['for another audience', (): string => tokens.issue(identity, 'vault').token],
    ['that is none', (): string => 'let-me-in'],
  ] as const)('are refused with a token %s', async ([, forge]) => {
    using aws = createBackends();

    expect(await aws.secrets([{ secretId: 'plain' }], podWith(forge()))).toMatchObject([
      { code: 'AWS_CREDENTIALS_REFUSED', message: expect.stringContaining('InvalidIdentityToken') },
    ]);
  });
});

describe('the server', () => {
  it('listens on loopback', () => {
    expect(store.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it.for([
    ['another method', {}],
    ['a body that is no JSON', { method: 'POST', headers: { 'x-amz-target': 'x' }, body: '{' }],
    ['a body without end', { method: 'POST', body: 'x'.repeat(70_000) }],
  ] as const)('refuses %s', async ([, init]) => {
    const response = await fetch(store.address, init);

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: 'SerializationException' });
  });
});
