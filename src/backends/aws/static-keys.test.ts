import { afterEach, describe, expect, vi } from 'vitest';

import { it } from '../../../test/fakes/aws-backend.ts';
import { awsPod, podIdentity, secretRef } from '../../../test/fakes/aws-callers.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';

const region = 'us-east-1';
const db = secretRef({ secretId: 'db' });
const throughAgent = secretRef({ secretId: 'db' }, { identity: podIdentity });

afterEach(() => void vi.unstubAllEnvs());

describe("a person's own keys", () => {
  const secrets = new Map([
    ['accessKeyId', SecretBytes.from('AKIAOWN')],
    ['secretAccessKey', SecretBytes.from('own-secret')],
  ]);

  it('serve that person, whatever the manifest says about roles', async ({ aws, under }) => {
    aws.keys.set('AKIAOWN', '');
    const operator = awsPod('x', { kind: 'operator', secrets });

    expect(await under.fetch(db, operator)).toMatchObject({ value: 'hunter2' });
    expect(await under.secrets.identify(db, operator, { signal: under.signal })).toBe('pod');
    expect(aws.calls).toEqual([`GetSecretValue ${region}`]);
  });

  it('may be temporary', async ({ aws, under }) => {
    aws.keys.set('AKIAOWN', 'own-session');
    const all = new Map([...secrets, ['sessionToken', SecretBytes.from('own-session')]]);

    expect(await under.fetch(db, awsPod('x', { kind: 'operator', secrets: all }))).toMatchObject({ value: 'hunter2' });
  });

  it('must be complete', async ({ under }) => {
    const half = new Map([['accessKeyId', SecretBytes.from('AKIAOWN')]]);

    expect(await under.fetch(db, awsPod('x', { kind: 'operator', secrets: half }))).toMatchObject({
      code: 'CREDENTIAL_MISSING',
    });
  });

  it.for(['pod', 'service-account'] as const)('never serve a %s', async (kind, { aws, under }) => {
    aws.keys.set('AKIAOWN', '');

    await under.fetch(db, awsPod('x', { kind, secrets }));
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity', `GetSecretValue ${region}`]);
    expect(aws.readers).toEqual(['ASIAFAKE1']);
  });

  it('are explained to a person who brought neither keys nor token', async ({ under }) => {
    const told = await under.fetch(db, awsPod('x', { kind: 'operator', tokens: new Map() }));

    expect(told.message).toMatch(/set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give such a token/);
  });
});

it('never looks for credentials of the daemon', async ({ aws, create }) => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAAMBIENT');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'ambient');
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${aws.address}/v1/credentials`);
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
  aws.keys.set('AKIAAMBIENT', '');
  const under = create();
  const pods = [
    awsPod('one'),
    awsPod('two', { tokens: new Map() }),
    awsPod('three', { kind: 'operator', tokens: new Map() }),
  ];
  const told = [];
  for (const pod of pods) told.push(await under.fetch(db, pod), await under.fetch(throughAgent, pod));

  expect(told.map(({ code }) => code)).toEqual([
    undefined,
    undefined,
    ...Array.from({ length: 4 }, () => 'TOKEN_MISSING'),
  ]);
  expect(aws.readers).toEqual(['ASIAFAKE1', 'ASIAFAKE2']);
});
