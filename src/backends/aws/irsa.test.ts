import { inspect } from 'node:util';

import { describe, expect } from 'vitest';

import { it } from '../../../test/fakes/aws-backend.ts';
import { awsPod, roleArn, secretRef } from '../../../test/fakes/aws-callers.ts';
import { refuseXml } from '../../../test/fakes/aws-replies.ts';
import type { AwsIdentity } from '../../core/aws-ref.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';

const region = 'us-east-1';
const other = 'arn:aws:iam::210987654321:role/shared';
const db = secretRef({ secretId: 'db' });
const otherRole: AwsIdentity = { kind: 'irsa', roleArn: other, audience: 'sts.amazonaws.com' };

describe('IRSA', () => {
  it("turns the pod's token into the role, under a name that tells the account, and reads with that", async ({
    aws,
    under,
  }) => {
    expect(await under.fetch(db, awsPod('one'))).toEqual({ value: 'hunter2', version: 'version-of-db' });
    expect(
      aws.requests.map(({ action, region: where, accessKeyId, input }) => [action, where, accessKeyId, input]),
    ).toEqual([
      [
        'AssumeRoleWithWebIdentity',
        '',
        '',
        {
          Version: '2011-06-15',
          RoleArn: roleArn,
          RoleSessionName: 'shop_app',
          WebIdentityToken: 'irsa-token-of-one',
        },
      ],
      ['GetSecretValue', region, 'ASIAFAKE1', { SecretId: 'db' }],
    ]);
    expect(aws.requests[0]?.headers['authorization']).toBeUndefined();
    expect(aws.requests[1]?.headers['user-agent']).toContain('app/lockstep');
  });

  it('logs in once for all pods of an account, also when they come together', async ({ aws, under }) => {
    const pods = ['one', 'two', 'three'].map((name) => awsPod(name));

    await Promise.all(pods.map((pod) => under.fetch(db, pod)));
    await under.fetch(db, awsPod('four'));
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(1);
    expect(new Set(aws.readers)).toEqual(new Set(['ASIAFAKE1']));
  });

  it.for([
    ['namespace', { namespace: 'other' }, db],
    ['service account', { serviceAccount: 'other' }, db],
    ['kind of caller', { kind: 'service-account' }, db],
    ['region', {}, secretRef({ secretId: 'db' }, { region: 'eu-west-1' })],
    ['role', {}, secretRef({ secretId: 'db' }, { identity: otherRole })],
  ] as const)('never shares credentials with another %s', async ([, caller, ref], { aws, under }) => {
    await under.fetch(db, awsPod('one'));
    await under.fetch(ref, awsPod('two', caller));
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
    expect(aws.readers).toEqual(['ASIAFAKE1', 'ASIAFAKE2']);
  });

  it("says 'shared' after a login, and refuses who is refused a login", async ({ aws, under }) => {
    const { signal } = under;

    expect(await under.secrets.identify(db, awsPod('one'), { signal })).toBe('shared');
    expect(await under.secrets.identify(db, awsPod('two'), { signal })).toBe('shared');
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity']);

    aws.script({ action: 'AssumeRoleWithWebIdentity', reply: refuseXml('AccessDenied', 'Not authorized', 403) });
    const refused = under.secrets.identify(db, awsPod('one', { serviceAccount: 'other' }), { signal });
    await expect(refused).rejects.toMatchObject({ code: 'AWS_CREDENTIALS_REFUSED' });
  });

  it.for<readonly [string, string, string]>([
    ['AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 'the trust policy'],
    ['InvalidIdentityToken', 'No OpenIDConnect provider found in your account', 'no provider'],
    ['ExpiredTokenException', 'Token expired: current date/time must be before', 'an old token'],
    ['IDPRejectedClaim', 'the claim was rejected', 'a wrong audience'],
    ['ValidationError', 'Value irsa-token-of-one failed to satisfy', 'a request that STS does not take'],
  ])('%s: names the role, the account, the words of STS and the remedy', async ([code, words], { aws, under }) => {
    aws.script({ action: 'AssumeRoleWithWebIdentity', reply: refuseXml(code, words) });

    const told = await under.fetch(db, awsPod('one'));
    expect(told.code).toBe('AWS_CREDENTIALS_REFUSED');
    expect(told.message).toContain(
      `sts:AssumeRoleWithWebIdentity on role "${roleArn}" in us-east-1 as service account shop/app: ${code.replace(/Exception$/, '')}`,
    );
    expect(told.message).toContain(words);
    expect(told.message).toContain(
      "Let the role's trust policy allow sts:AssumeRoleWithWebIdentity to system:serviceaccount:shop:app with the audience sts.amazonaws.com",
    );
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity']);
  });

  it('shows no token that STS quotes', async ({ aws, under }) => {
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl';
    const pod = awsPod('one', { tokens: new Map([['sts.amazonaws.com', SecretBytes.from(token)]]) });
    aws.script({
      action: 'AssumeRoleWithWebIdentity',
      reply: ({ input }) => refuseXml('ValidationError', `Value '${String(input['WebIdentityToken'])}' is bad`),
    });

    const [outcome] = await under.secrets.fetch([db], pod, { signal: under.signal });
    expect(aws.inputs('AssumeRoleWithWebIdentity')[0]).toMatchObject({ WebIdentityToken: token });
    expect(inspect(outcome, { depth: 20, showHidden: true })).not.toContain('eyJ');
    expect(inspect(outcome)).toContain("Value '[redacted]' is bad");
  });

  it.for<readonly [string, ReadonlyMap<string, SecretBytes>, string]>([
    ['none', new Map(), '(sent: none)'],
    ['another one', new Map([['vault', SecretBytes.from('t')]]), '(sent: "vault")'],
    ['an empty one', new Map([['sts.amazonaws.com', SecretBytes.from('')]]), '(sent: "sts.amazonaws.com")'],
  ])('asks for its token when %s was sent', async ([, tokens, sent], { aws, under }) => {
    expect(await under.fetch(db, awsPod('one', { tokens }))).toEqual({
      code: 'TOKEN_MISSING',
      message:
        `no service account token for the audience "sts.amazonaws.com" was sent ${sent}; ` +
        'list it under tokenRequests[].audience in the Helm values of the Secrets Store CSI driver',
    });
    expect(aws.calls).toEqual([]);
  });

  it('refuses an answer without credentials', async ({ aws, under }) => {
    aws.script({ action: 'AssumeRoleWithWebIdentity', reply: { status: 200, body: '<a/>' } });

    expect(await under.fetch(db, awsPod('one'))).toMatchObject({ code: 'AWS_ANSWER_INVALID' });
  });
});
