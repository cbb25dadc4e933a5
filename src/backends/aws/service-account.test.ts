import { inspect } from 'node:util';

import { describe, expect } from 'vitest';

import { it as base } from '../../../test/fakes/aws-backend.ts';
import { awsPod, irsa, podIdentity, roleArn, secretRef } from '../../../test/fakes/aws-callers.ts';
import { refuseXml } from '../../../test/fakes/aws-replies.ts';
import { accountCaller, FakeTokenIssuer } from '../../../test/fakes/token-issuer.ts';
import { SecretError } from '../../core/errors.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';

const db = secretRef({ secretId: 'db' });
const app = accountCaller();
const it = base
  .extend('tokenIssuer', () => new FakeTokenIssuer())
  .extend('under', ({ create, tokenIssuer }) => create({ tokenIssuer }));

describe('a service account without a pod', () => {
  it('becomes the role with a token that Kubernetes issues, and asks for one with each login only', async ({
    aws,
    clock,
    tokenIssuer,
    under,
  }) => {
    expect(await under.fetch(db, app)).toEqual({ value: 'hunter2', version: 'version-of-db' });
    expect(await under.secrets.identify(db, app, under)).toBe('shared');
    await under.fetch(db, app);

    expect(tokenIssuer.asked).toEqual(['shop/app for sts.amazonaws.com']);
    expect(aws.inputs('AssumeRoleWithWebIdentity')).toMatchObject([
      { RoleArn: roleArn, RoleSessionName: 'shop_app', WebIdentityToken: 'issued-token-1' },
    ]);
    await clock.advance(3_301_000);
    await under.fetch(db, app);
    expect(aws.inputs('AssumeRoleWithWebIdentity')).toMatchObject([{}, { WebIdentityToken: 'issued-token-2' }]);
  });

  it('becomes the role of its annotation, and a second one', async ({ aws, create, tokenIssuer }) => {
    const annotated = create({ tokenIssuer, roles: { roleOf: () => Promise.resolve(roleArn) } });
    const assume = { roleArn: 'arn:aws:iam::210987654321:role/shared' };
    const ref = secretRef({ secretId: 'db' }, { identity: { kind: 'irsa', audience: 'sts.amazonaws.com', assume } });

    expect(await annotated.fetch(ref, app)).toMatchObject({ value: 'hunter2' });
    expect(aws.calls).toEqual(['AssumeRoleWithWebIdentity', 'AssumeRole us-east-1', 'GetSecretValue us-east-1']);
  });

  it('asks for the audience that the class names, and shares no credentials with another one', async ({
    aws,
    tokenIssuer,
    under,
  }) => {
    const other = secretRef({ secretId: 'db' }, { identity: { ...irsa, audience: 'sts.amazonaws.com.cn' } });
    await under.fetch(db, app);
    await under.fetch(other, app);

    expect(tokenIssuer.asked).toEqual(['shop/app for sts.amazonaws.com', 'shop/app for sts.amazonaws.com.cn']);
    expect(aws.inputs('AssumeRoleWithWebIdentity')).toHaveLength(2);
  });

  it.for([{ namespace: 'other' }, { serviceAccount: 'other' }])(
    'shares no credentials with another account: %j',
    async (more, { aws, tokenIssuer, under }) => {
      await under.fetch(db, app);
      await under.fetch(db, accountCaller(more));

      expect(tokenIssuer.asked).toHaveLength(2);
      expect(aws.inputs('AssumeRoleWithWebIdentity')).toHaveLength(2);
    },
  );

  it('shares no credentials with the pods of the account', async ({ aws, under }) => {
    await under.fetch(db, app);
    await under.fetch(db, awsPod('one'));

    expect(aws.inputs('AssumeRoleWithWebIdentity')).toMatchObject([
      { WebIdentityToken: 'issued-token-1' },
      { WebIdentityToken: 'irsa-token-of-one' },
    ]);
  });

  it.for(['AUDIENCE_FORBIDDEN', 'TOKEN_REQUEST_FAILED', 'NOT_LEADER'] as const)(
    'fails with what Kubernetes said, before AWS is asked: %s',
    async (code, { aws, clock, tokenIssuer, under }) => {
      tokenIssuer.refusal = new SecretError(code, 'said by Kubernetes');

      expect(await under.fetch(db, app)).toEqual({ code, message: 'said by Kubernetes' });
      await expect(under.secrets.identify(db, app, under)).rejects.toMatchObject({ code });
      expect(aws.calls).toEqual([]);
      expect(clock.pauses).toEqual([]);

      tokenIssuer.refusal = undefined;
      expect(await under.fetch(db, app)).toMatchObject({ value: 'hunter2' });
    },
  );

  it('keeps a token that STS quotes out of everything that is shown', async ({ aws, tokenIssuer, under }) => {
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl';
    tokenIssuer.issue = () => Promise.resolve(SecretBytes.from(token));
    aws.script({
      action: 'AssumeRoleWithWebIdentity',
      reply: ({ input }) => refuseXml('ValidationError', `Value '${String(input['WebIdentityToken'])}' is bad`),
    });
    const [outcome] = await under.secrets.fetch([db], app, under);

    expect(inspect(outcome, { depth: 20, showHidden: true })).not.toContain('eyJ');
  });

  it('gets no credentials of EKS Pod Identity, and nobody is asked', async ({ aws, tokenIssuer, under }) => {
    const refused = {
      code: 'POD_IDENTITY_UNSUPPORTED',
      message:
        'service account shop/app has no pod, and EKS Pod Identity gives credentials to pods only; ' +
        'leave usePodIdentity out and annotate the account with eks.amazonaws.com/role-arn, or mount the class',
    };
    const ref = secretRef({ secretId: 'db' }, { identity: podIdentity, failoverRegion: 'eu-west-1' });

    expect(await under.fetch(ref, app)).toEqual(refused);
    await expect(under.secrets.identify(ref, app, under)).rejects.toMatchObject(refused);
    expect(aws.calls).toEqual([]);
    expect(tokenIssuer.asked).toEqual([]);
  });

  it('needs somebody who issues tokens', async ({ create }) => {
    const alone = create();

    expect(await alone.fetch(db, app)).toEqual({
      code: 'TOKEN_MISSING',
      message:
        'no service account token for the audience "sts.amazonaws.com" was sent (sent: none); ' +
        'list it in --audiences of the controller',
    });
  });
});

it('a pod that brings no token gets none issued', async ({ tokenIssuer, under }) => {
  expect(await under.fetch(db, awsPod('one', { tokens: new Map() }))).toMatchObject({ code: 'TOKEN_MISSING' });
  expect(tokenIssuer.asked).toEqual([]);
});
