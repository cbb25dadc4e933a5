import { beforeEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../test/fakes/clock.ts';
import { irsaAudience } from '../core/aws-ref.ts';
import { answerAwsRequest, type AwsStoreParts, type SignedRequest } from './aws-routes.ts';
import { type AwsSession, AwsSessions } from './aws-sessions.ts';
import { createPodTokens } from './pod-tokens.ts';
import { SecretsFile } from './secrets-file.ts';

const identity = { namespace: 'shop', serviceAccount: 'web', podName: 'web-1', podUid: 'uid-1' };

let clock: FakeClock;
let parts: AwsStoreParts;
let login: Readonly<Record<string, string>>;
let session: AwsSession;

beforeEach(() => {
  clock = new FakeClock();
  let count = 0;
  const random = (bytes: number): string => String(++count).padStart(bytes * 2, '0');
  const sessions = new AwsSessions({ clock, random });
  const tokens = createPodTokens(Buffer.alloc(32, 7), clock);
  const file = SecretsFile.open({ path: 'deploy/examples/secrets.yaml', clock, onProblem: () => undefined });
  parts = { file, tokens, sessions };
  login = {
    Action: 'AssumeRoleWithWebIdentity',
    RoleArn: 'arn:aws:iam::123456789012:role/web',
    RoleSessionName: 'shop_web',
    WebIdentityToken: tokens.issue(identity, irsaAudience).token,
  };
  session = sessions.open();
});

function read(target: string, input: unknown, more: Partial<SignedRequest> = {}): object {
  const { accessKeyId, sessionToken } = { ...session, ...more };
  const request = { service: 'json', target, region: 'us-east-1', accessKeyId, sessionToken, input } as const;
  const { status, text } = answerAwsRequest(request, parts);
  return { status, ...(JSON.parse(text) as object) };
}

describe('logging in', () => {
  it('answers credentials for an hour, other ones every time', () => {
    const [first, second] = [login, login].map((form) => answerAwsRequest({ service: 'sts', form }, parts));
    const end = new Date(clock.now() + 3_600_000).toISOString();

    expect(first).toMatchObject({ status: 200, contentType: 'text/xml', text: expect.stringContaining(end) });
    expect(first?.text).toMatch(/<AccessKeyId>ASIA\w+<.*<SecretAccessKey>\w+<.*<SessionToken>\w+</);
    expect(second?.text).not.toBe(first?.text);
  });

  it.for([
    ['a role that is none', { RoleArn: 'web' }, 'ValidationError'],
    ['a session name that AWS refuses', { RoleSessionName: 'a b' }, 'ValidationError'],
    ['a token that is none', { WebIdentityToken: 'let-me-in' }, 'InvalidIdentityToken'],
    ['another action', { Action: 'AssumeRole' }, 'InvalidAction'],
  ] as const)('is refused with %s', ([, wrong, code]) => {
    const { status, text } = answerAwsRequest({ service: 'sts', form: { ...login, ...wrong } }, parts);

    expect(status).toBe(400);
    expect(text).toContain(`<Code>${code}</Code>`);
  });

  it('is refused with a token that has expired', async () => {
    await clock.advance(7_200_000);

    expect(answerAwsRequest({ service: 'sts', form: login }, parts).text).toContain('InvalidIdentityToken');
  });
});

describe('reading', () => {
  it.for([
    'secretsmanager.GetSecretValue',
    'secretsmanager.BatchGetSecretValue',
    'AmazonSSM.GetParameters',
    'secretsmanager.PutSecretValue',
  ])('%s tells nothing to strangers', (target) => {
    const input = { SecretId: 'shop/smtp', SecretIdList: ['shop/smtp'], Names: ['/shop/log-level'] };
    const refused = { status: 400, __type: 'UnrecognizedClientException', message: 'The security token is invalid' };

    expect(read(target, input, { sessionToken: 'guessed' })).toEqual(refused);
    expect(read(target, input, { accessKeyId: 'ASIAGUESSED' })).toEqual(refused);
    expect(read(target, input, { accessKeyId: '', sessionToken: '' })).toEqual(refused);
  });

  it('ends with the credentials', async () => {
    const ask = (): object => read('secretsmanager.GetSecretValue', { SecretId: 'shop/smtp' });
    await clock.advance(3_599_999);
    expect(ask()).toMatchObject({ status: 200 });
    await clock.advance(1);
    expect(ask()).toMatchObject({ __type: 'ExpiredTokenException' });
  });

  it.for([
    ['secretsmanager.GetSecretValue', {}, 'ValidationException'],
    ['secretsmanager.GetSecretValue', { SecretId: 7 }, 'ValidationException'],
    ['secretsmanager.BatchGetSecretValue', { SecretIdList: [] }, 'ValidationException'],
    ['AmazonSSM.GetParameters', { Names: ['a', 'a'] }, 'ValidationException'],
    ['AmazonSSM.GetParameters', { Names: Array.from({ length: 11 }, String) }, 'ValidationException'],
    ['AmazonSSM.GetParameters', [], 'ValidationException'],
    ['secretsmanager.PutSecretValue', {}, 'UnknownOperationException'],
  ] as const)('%s refuses %j', ([target, input, type]) => {
    expect(read(target, input)).toMatchObject({ status: 400, __type: type });
  });
});
