import { describe, expect } from 'vitest';

import { it as base } from '../../../test/fakes/aws-backend.ts';
import { awsPod, podIdentity, roleArn, secretRef } from '../../../test/fakes/aws-callers.ts';
import { refuseJson, refuseXml } from '../../../test/fakes/aws-replies.ts';
import type { WireReply } from '../../../test/fakes/wire-server.ts';
import { type AwsIdentity, irsaAudience } from '../../core/aws-ref.ts';
import { SecretError } from '../../core/errors.ts';

const pod = awsPod('one');
const db = secretRef({ secretId: 'db' });

const it = base.extend('answer', ({ aws }) => (reply: WireReply, times?: number) => {
  aws.script({ action: 'GetSecretValue', reply, ...(times !== undefined && { times }) });
});

describe('a refusal', () => {
  const who = `secretsmanager:GetSecretValue on secret "db" in us-east-1 as role ${roleArn}`;

  it.for<readonly [string, string, string]>([
    [
      'AccessDeniedException',
      'AWS_DENIED',
      'Allow secretsmanager:GetSecretValue on it in a policy of the role, and kms:Decrypt if it has a key of its own',
    ],
    ['ResourceNotFoundException', 'AWS_NOT_FOUND', 'Check that it exists in us-east-1, with this version or label'],
    ['DecryptionFailure', 'AWS_DECRYPT_REFUSED', 'Check that its KMS key is enabled and allows the role kms:Decrypt'],
    ['InvalidRequestException', 'AWS_REQUEST_REFUSED', 'Check the name, the version and the region of the object'],
    ['InvalidParameterException', 'AWS_REQUEST_REFUSED', 'Check the name, the version and the region of the object'],
    ['ValidationException', 'AWS_REQUEST_REFUSED', 'Check the name, the version and the region of the object'],
    ['SomethingNewException', 'AWS_REQUEST_REFUSED', 'Check the name, the version and the region of the object'],
    [
      'UnrecognizedClientException',
      'AWS_CREDENTIALS_REFUSED',
      'Check that the region is enabled for the account and the clock of the node is right',
    ],
  ])(
    '%s names the object, the action, the role, the region and the remedy',
    async ([name, code, remedy], { answer, aws, under }) => {
      answer(refuseJson(name, 'The words\nof AWS.'));

      expect(await under.fetch(db, pod)).toEqual({ code, message: `${who}: ${name}: The words of AWS. ${remedy}` });
      expect(aws.count('GetSecretValue')).toBe(1);
    },
  );

  it('of a version or stage names it too', async ({ under }) => {
    const told = await under.fetch(secretRef({ secretId: 'db', versionId: 'v1', versionStage: 'blue' }), pod);
    expect(told.message).toContain('on secret "db", version v1, stage blue in us-east-1');
  });

  it('by Pod Identity says whose role it is', async ({ answer, under }) => {
    answer(refuseJson('AccessDeniedException', 'no'));

    const told = await under.fetch(secretRef({ secretId: 'db' }, { identity: podIdentity }), pod);
    expect(told.message).toContain('as the Pod Identity role of service account shop/app');
  });

  it('carries the request ID for the log, and none of the words', async ({ answer, under }) => {
    answer(refuseJson('AccessDeniedException', 'words'));

    const [outcome] = await under.secrets.fetch([db], pod, { signal: under.signal });
    const cause = outcome?.status === 'failed' ? outcome.error.cause : undefined;
    expect(cause).toEqual({ name: 'AccessDeniedException', status: 400, requestId: 'request-of-the-fake' });
  });

  it('is bounded and on one line, whatever AWS and the manifest say', async ({ answer, under }) => {
    answer(refuseJson('ValidationException', `${'very '.repeat(1000)}\u0000\u001b[31m`));

    const long = `${'x'.repeat(5000)}\n`;
    const request = { secretId: long, versionId: `\n${long}`, versionStage: `\n${long}` };
    const identity: AwsIdentity = { kind: 'irsa', roleArn: `\n${long}`, audience: irsaAudience };
    const told = await under.fetch(secretRef(request, { identity }), pod);
    expect(told.message?.length).toBeLessThan(1800);
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(told.message).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe('a passing failure', () => {
  it.for<readonly [string, WireReply]>([
    ['a server error', refuseJson('InternalServiceError', 'sorry', 500)],
    ['a page of a proxy', { status: 503, body: '<html>busy</html>', headers: { 'Content-Type': 'text/html' } }],
    ['a cut connection', 'reset'],
    ['throttling', refuseJson('ThrottlingException', 'Rate exceeded')],
    ['throttling by status', { status: 429, body: '' }],
    // The SDK learns the difference of the clocks from the answer.
    ['a wrong clock', refuseJson('InvalidSignatureException', 'Signature expired')],
  ])('(%s) is tried again after a pause', async ([, reply], { answer, aws, clock, under }) => {
    answer(reply, 2);

    expect(await under.fetch(db, pod)).toMatchObject({ value: 'hunter2' });
    expect(clock.pauses).toHaveLength(2);
    expect(aws.count('GetSecretValue')).toBe(3);
  });

  it.for<readonly [string, WireReply, string, RegExp]>([
    [
      'a server error',
      refuseJson('InternalServiceError', 'sorry', 500),
      'AWS_UNAVAILABLE',
      /InternalServiceError: sorry\. AWS cannot answer now/,
    ],
    [
      'a page of a proxy',
      { status: 502, body: '<html>canary</html>' },
      'AWS_UNAVAILABLE',
      /status 502: the answer cannot be read/,
    ],
    ['a cut connection', 'reset', 'AWS_UNREACHABLE', /no connection \(ECONNRESET\)\. Check that us-east-1 is a region/],
    [
      'a wrong clock',
      refuseJson('InvalidSignatureException'),
      'AWS_CREDENTIALS_REFUSED',
      /the clock of the node is right/,
    ],
  ])('(%s) is told after three tries', async ([, reply, code, words], { answer, clock, under }) => {
    answer(reply);

    const told = await under.fetch(db, pod);
    expect(told.code).toBe(code);
    expect(told.message).toMatch(words);
    expect(told.message).not.toContain('canary');
    expect(clock.pauses).toEqual([100, 200]);
  });

  it('is jittered', async ({ answer, clock, create }) => {
    const under = create({ random: () => 0.999 });
    answer('reset');

    await under.fetch(db, pod);
    expect(clock.pauses.map((ms) => Math.round(ms))).toEqual([200, 400]);
  });
});

describe('a storm of throttling', () => {
  it('is waited out with growing pauses', async ({ answer, clock, under }) => {
    answer(refuseJson('ThrottlingException', 'Rate exceeded'), 5);

    expect(await under.fetch(db, pod)).toMatchObject({ value: 'hunter2' });
    expect(clock.pauses).toEqual([500, 1000, 2000, 4000, 4000]);
  });

  it('ends as an outage before the mount does', async ({ answer, clock, under }) => {
    answer(refuseJson('ThrottlingException', 'Rate exceeded'));
    const began = clock.now();

    const told = await under.fetch(db, pod);
    expect(told).toMatchObject({ code: 'AWS_THROTTLED' });
    expect(told.message).toMatch(
      /ThrottlingException: Rate exceeded\. AWS limits the rate; .* with a longer refreshInterval$/,
    );
    expect(clock.now() - began).toBeLessThan(30_000);
  });

  it('at STS is waited out too', async ({ aws, under }) => {
    aws.script({ action: 'AssumeRoleWithWebIdentity', times: 3, reply: refuseXml('Throttling', 'Rate exceeded') });

    expect(await under.fetch(db, pod)).toMatchObject({ value: 'hunter2' });
  });

  it('is no reason to go on for a caller who has gone', async ({ aws, under }) => {
    const controller = new AbortController();
    aws.script({
      action: 'GetSecretValue',
      reply: () => {
        controller.abort(new SecretError('SHUTTING_DOWN', 'bye'));
        return refuseJson('ThrottlingException');
      },
    });

    const [outcome] = await under.secrets.fetch([db], pod, { signal: controller.signal });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'SHUTTING_DOWN' } });
    expect(aws.count('GetSecretValue')).toBe(1);
  });
});
