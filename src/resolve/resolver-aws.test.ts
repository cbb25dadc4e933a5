import { describe, expect, it } from 'vitest';

import { awsObject, awsSecretRef } from '../../test/fakes/aws-objects.ts';
import { FakeBackend } from '../../test/fakes/backend.ts';
import { FakeClock } from '../../test/fakes/clock.ts';
import { plannedObject } from '../../test/fakes/planned-object.ts';
import { contentsOf, forever, planFor, podCaller } from '../../test/fakes/resolver-under-test.ts';
import type { AwsSecretRef } from '../core/aws-ref.ts';
import type { Backend, FetchOutcome } from '../core/backend.ts';
import type { PlannedObject } from '../core/plan.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createResolver } from './resolver.ts';

/** A resolver over Vault and a secret of AWS that the test changes. */
function mixedResolver() {
  const secret = { value: '{"user":"alice"}', version: 'v1' as string | undefined };
  const asked: (readonly AwsSecretRef[])[] = [];
  const aws: Backend<AwsSecretRef> = {
    kind: 'aws-secret',
    identify: () => Promise.resolve('shared'),
    fetch(refs) {
      asked.push(refs);
      const { value, version } = secret;
      const payload = SecretBytes.from(value);
      const fingerprint = `${version} ${value}`;
      return Promise.resolve(
        refs.map((): FetchOutcome => ({
          status: 'found',
          payload,
          fingerprint,
          leased: false,
          ...(version !== undefined && { version }),
        })),
      );
    },
    close: () => Promise.resolve(),
  };
  const lines: string[] = [];
  const clock = new FakeClock();
  const resolver = createResolver({
    backends: { vault: new FakeBackend(), 'aws-secret': aws },
    clock,
    metrics: createMetrics(),
    logger: createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line) }),
    versionKey: SecretBytes.from(new Uint8Array(32)),
    limits: { refreshIntervalMs: 30_000, minRefreshIntervalMs: 0, staleIfErrorMs: 3_600_000, maxBytes: 1024 * 1024 },
  });
  const resolve = (objects: readonly PlannedObject[], pod = 'web-1') =>
    resolver.resolve(planFor(podCaller(pod), { objects }), { signal: forever, delivery: 'repeat' });
  return { resolve, secret, asked, clock, audit: () => lines.map((line) => JSON.parse(line) as unknown) };
}

const part = awsObject({ name: 'user', path: 'user', select: { kind: 'jmesPath', expression: 'user' } });

describe('a plan with objects of AWS', () => {
  it('gives every file of a secret the version that the store names', async () => {
    const { resolve, secret, clock } = mixedResolver();
    const versionsOf = async () =>
      (await resolve([awsObject(), part])).objects.map(({ name, version }) => [name, version]);

    expect(await versionsOf()).toEqual([
      ['app_db', 'v1'],
      ['user', 'v1'],
    ]);
    secret.version = 'v2';
    await clock.advance(31_000);
    expect(await versionsOf()).toEqual([
      ['app_db', 'v2'],
      ['user', 'v2'],
    ]);
  });

  it('asks once for all files of a secret, and for all pods of an account', async () => {
    const { resolve, asked } = mixedResolver();

    await resolve([awsObject(), part]);
    await resolve([awsObject(), part], 'web-2');

    expect(asked).toEqual([[awsSecretRef]]);
  });

  it('asks Vault beside it', async () => {
    const { resolve, audit } = mixedResolver();
    const resolution = await resolve([plannedObject(), part]);

    expect(contentsOf(resolution)).toEqual({ 'db-user': 'alice', user: 'alice' });
    expect(audit()).toMatchObject([
      { store: 'https://vault.test:8200', path: '/v1/secret/data/db' },
      { store: 'secretsmanager us-east-1', path: 'app/db', object: 'user', version: 'v1' },
    ]);
  });

  it('leaves out what an optional part does not find', async () => {
    const { resolve } = mixedResolver();
    const missing = awsObject({ path: 'x', select: { kind: 'jmesPath', expression: 'x' }, optional: true });

    expect(contentsOf(await resolve([part, missing]))).toEqual({ user: 'alice' });
  });

  it('fails the objects whose store it does not have, or that come without a version, and no others', async () => {
    const { resolve, secret } = mixedResolver();
    secret.version = undefined;
    const ref = { kind: 'aws-parameter', store: awsSecretRef.store, request: { name: '/a' } } as const;

    expect(contentsOf(await resolve([awsObject({ name: 'p', path: 'p', ref }), part, plannedObject()]))).toEqual({
      p: 'INTERNAL',
      user: 'INTERNAL',
      'db-user': 'alice',
    });
  });
});
