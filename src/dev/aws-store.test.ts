import { writeFile } from 'node:fs/promises';

import { describe, expect } from 'vitest';

import { parameterRef, secretRef, tell } from '../../test/fakes/aws-callers.ts';
import { identity, it as dev } from '../../test/fakes/dev-store.ts';
import { createAwsAccess } from '../backends/aws/access.ts';
import { createParameterStoreBackend } from '../backends/aws/parameter-store.ts';
import { createSecretsManagerBackend } from '../backends/aws/secrets-manager.ts';
import { readAwsEnvironment } from '../config/aws-environment.ts';
import { type AwsParameterRequest, type AwsSecretRequest, irsaAudience } from '../core/aws-ref.ts';
import type { Caller } from '../core/caller.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import type { Clock } from '../platform/clock.ts';
import { createMetrics } from '../platform/metrics.ts';
import { startAwsStore } from './aws-store.ts';
import { createPodTokens, type PodTokens } from './pod-tokens.ts';

const secrets = `
secretsmanager: { shop/db: { password: first }, plain: just text }
ssmparameter: { /shop/level: info, shop-mode: dark }
`;

const base = dev.override('secrets', secrets).extend('store', async ({ deps, onTestFinished }) => {
  const store = await startAwsStore(deps);
  onTestFinished(() => store.close());
  return store;
});

function podWith(token: string): Caller {
  const bytes = new Map([[irsaAudience, SecretBytes.from(token)]]);
  return { kind: 'pod', namespace: 'shop', serviceAccount: 'web', tokens: bytes, secrets: new Map() };
}

/** `aws` are the production backends, as the daemon starts them. */
const it = base
  .extend('createAws', ({ clock, onTestFinished, store, tokens }) => (batch: 'auto' | 'off' = 'off') => {
    const defaults = readAwsEnvironment({ AWS_ENDPOINT_URL: store.address });
    if (!defaults.ok) throw new Error('the endpoint is broken');
    const access = createAwsAccess({
      clock,
      metrics: createMetrics(),
      defaults: defaults.value,
      failover: 'lazy',
      batch,
    });
    onTestFinished(() => access.close());
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
    };
  })
  .extend('aws', ({ createAws }) => createAws());

/** What issues the tokens of a run. */
interface Run {
  readonly clock: Clock;
  readonly tokens: PodTokens;
}

const firstVersion = '00000001-0000-4000-8000-000000000000';
const secondVersion = '00000002-0000-4000-8000-000000000000';

describe('the production backends at the embedded AWS', () => {
  it('log in with a token of the run and read a secret as JSON and as text', async ({ aws, store }) => {
    expect(await aws.secrets([{ secretId: 'shop/db' }, { secretId: 'plain' }])).toEqual([
      { value: '{"password":"first"}', version: firstVersion },
      { value: 'just text', version: firstVersion },
    ]);
    expect(store.requests()).toBe(3);
  });

  it('see an edit as a new version, and can still name the earlier one', async ({ aws, secretsPath }) => {
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
  ] as const)('find a secret by %s', async ([, secretId], { aws }) => {
    expect(await aws.secrets([{ secretId }])).toMatchObject([{ value: '{"password":"first"}' }]);
  });

  it.for(['nowhere', '__proto__', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db'])(
    'do not find %s',
    async (secretId, { aws }) => {
      expect(await aws.secrets([{ secretId }])).toMatchObject([{ code: 'AWS_NOT_FOUND' }]);
    },
  );

  it('do not find what was removed', async ({ aws, secretsPath }) => {
    await writeFile(secretsPath, 'secretsmanager: {}');

    expect(await aws.secrets([{ secretId: 'plain' }])).toMatchObject([{ code: 'AWS_NOT_FOUND' }]);
    expect(await aws.parameters([{ name: '/shop/level' }])).toMatchObject([{ code: 'AWS_NOT_FOUND' }]);
  });

  it('read several secrets with one request', async ({ createAws, store }) => {
    const aws = createAws('auto');

    expect(await aws.secrets([{ secretId: 'plain' }, { secretId: 'nowhere' }, { secretId: 'shop/db' }])).toMatchObject([
      { value: 'just text' },
      { code: 'AWS_NOT_FOUND' },
      { value: '{"password":"first"}' },
    ]);
    expect(store.requests()).toBe(2);
  });

  it('read parameters by name, ARN and version', async ({ aws, secretsPath }) => {
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

  it('log in again when their credentials have ended', async ({ aws, store, tokens, clock }) => {
    await aws.secrets([{ secretId: 'plain' }]);
    await clock.advance(3_600_000);
    const caller = podWith(tokens.issue(identity, irsaAudience).token);

    expect(await aws.secrets([{ secretId: 'plain' }], caller)).toMatchObject([{ value: 'just text' }]);
    expect(store.requests()).toBe(4);
  });

  it.for<readonly [string, (run: Run) => string]>([
    ['of another run', ({ clock }) => createPodTokens(Buffer.alloc(32, 9), clock).issue(identity, irsaAudience).token],
    ['for another audience', ({ tokens }) => tokens.issue(identity, 'vault').token],
    ['that is none', () => 'let-me-in'],
  ])('are refused with a token %s', async ([, forge], { aws, deps }) => {
    expect(await aws.secrets([{ secretId: 'plain' }], podWith(forge(deps)))).toMatchObject([
      { code: 'AWS_CREDENTIALS_REFUSED', message: expect.stringContaining('InvalidIdentityToken') },
    ]);
  });
});

describe('the server', () => {
  it('listens on loopback', ({ store }) => {
    expect(store.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it.for([
    ['another method', {}],
    ['a body that is no JSON', { method: 'POST', headers: { 'x-amz-target': 'x' }, body: '{' }],
    ['a body without end', { method: 'POST', body: 'x'.repeat(70_000) }],
  ] as const)('refuses %s', async ([, init], { store }) => {
    const response = await fetch(store.address, init);

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: 'SerializationException' });
  });
});
