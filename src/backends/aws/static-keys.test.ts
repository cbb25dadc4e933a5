import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { awsPod, createAwsUnderTest, JumpingClock, podIdentity, secretRef } from '../../../test/fakes/aws-callers.ts';
import { FakeAws } from '../../../test/fakes/aws-server.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';

const region = 'us-east-1';
const db = secretRef({ secretId: 'db' });
const throughAgent = secretRef({ secretId: 'db' }, { identity: podIdentity });
let clock: JumpingClock;
let aws: FakeAws;

beforeEach(async () => {
  clock = new JumpingClock();
  aws = await FakeAws.start({ now: () => clock.now() });
  aws.secrets.set(region, 'db', 'hunter2');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await aws[Symbol.asyncDispose]();
});

function create(deps: Parameters<typeof createAwsUnderTest>[1] = {}) {
  return createAwsUnderTest(aws, { clock, ...deps });
}

/** The access keys with which secrets were asked for. */
function readers() {
  return aws.requests.filter(({ action }) => action === 'GetSecretValue').map(({ accessKeyId }) => accessKeyId);
}

describe("a person's own keys", () => {
  const secrets = new Map([
    ['accessKeyId', SecretBytes.from('AKIAOWN')],
    ['secretAccessKey', SecretBytes.from('own-secret')],
  ]);

  it('serve that person, whatever the manifest says about roles', async () => {
    await using under = create();
    aws.keys.set('AKIAOWN', '');
    const operator = awsPod('x', { kind: 'operator', secrets });

    expect(await under.fetch(db, operator)).toMatchObject({ value: 'hunter2' });
    expect(await under.secrets.identify(db, operator, { signal: under.signal })).toBe('pod');
    expect(aws.calls).toEqual([`GetSecretValue ${region}`]);
  });

  it('may be temporary', async () => {
    await using under = create();
    aws.keys.set('AKIAOWN', 'own-session');
    const all = new Map([...secrets, ['sessionToken', SecretBytes.from('own-session')]]);

    expect(await under.fetch(db, awsPod('x', { kind: 'operator', secrets: all }))).toMatchObject({ value: 'hunter2' });
  });

  it('must be complete', async () => {
    await using under = create();
    const half = new Map([['accessKeyId', SecretBytes.from('AKIAOWN')]]);

    expect(await under.fetch(db, awsPod('x', { kind: 'operator', secrets: half }))).toMatchObject({
      code: 'CREDENTIAL_MISSING',
    });
  });

  it.for(['pod', 'service-account'] as const)('never serve a %s', async (kind) => {
    await using under = create();
    aws.keys.set('AKIAOWN', '');

    await under.fetch(db, awsPod('x', { kind, secrets }));
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity', `GetSecretValue ${region}`]);
    expect(readers()).toEqual(['ASIAFAKE1']);
  });

  it('are explained to a person who brought neither keys nor token', async () => {
    await using under = create();
    const told = await under.fetch(db, awsPod('x', { kind: 'operator', tokens: new Map() }));

    expect(told.message).toMatch(/set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give such a token/);
  });
});

it('never looks for credentials of the daemon', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAAMBIENT');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'ambient');
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${aws.address}/v1/credentials`);
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
  aws.keys.set('AKIAAMBIENT', '');
  await using under = create();
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
  expect(readers()).toEqual(['ASIAFAKE1', 'ASIAFAKE2']);
});
