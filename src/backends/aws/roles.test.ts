import { describe, expect } from 'vitest';

import { it } from '../../../test/fakes/aws-backend.ts';
import { awsPod, irsa, podIdentity, roleArn, secretRef } from '../../../test/fakes/aws-callers.ts';
import { refuseXml } from '../../../test/fakes/aws-replies.ts';
import type { AwsIdentity } from '../../core/aws-ref.ts';
import type { RoleReader } from '../../core/role-reader.ts';

const region = 'us-east-1';
const other = 'arn:aws:iam::210987654321:role/shared';
const db = secretRef({ secretId: 'db' });

describe('the role of a service account', () => {
  const annotated = secretRef({ secretId: 'db' }, { identity: { kind: 'irsa', audience: 'sts.amazonaws.com' } });
  const reader = (
    ...roles: readonly (string | undefined)[]
  ): RoleReader & { readonly refused: (string | undefined)[] } => {
    const refused: (string | undefined)[] = [];
    return {
      refused,
      roleOf: (_caller, options) => {
        refused.push(options.refused);
        return Promise.resolve(roles[Math.min(refused.length, roles.length) - 1]);
      },
    };
  };

  it('comes from its annotation', async ({ aws, create }) => {
    const under = create({ roles: reader(roleArn) });

    expect(await under.fetch(annotated, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(aws.inputs('AssumeRoleWithWebIdentity')).toMatchObject([{ RoleArn: roleArn }]);
  });

  it.for([
    [reader(undefined), 'add it, set roleArn, or set usePodIdentity: "true"'],
    [undefined, 'lockstep has no access to the API server to read it; set roleArn'],
  ] as const)('must be there', async ([roles, remedy], { aws, create }) => {
    const under = create({ ...(roles && { roles }) });

    expect(await under.fetch(annotated, awsPod('one'))).toEqual({
      code: 'AWS_ROLE_MISSING',
      message: `service account shop/app has no role: the annotation eks.amazonaws.com/role-arn is missing; ${remedy}`,
    });
    expect(aws.calls).toEqual([]);
  });

  it('is read again when it is refused, and tried when it was corrected', async ({ aws, create }) => {
    const roles = reader('arn:aws:iam::1:role/typo', roleArn);
    const under = create({ roles });
    aws.script({ action: 'AssumeRoleWithWebIdentity', times: 1, reply: refuseXml('AccessDenied', 'no', 403) });

    expect(await under.fetch(annotated, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(roles.refused).toEqual([undefined, 'arn:aws:iam::1:role/typo']);
    expect(aws.inputs('AssumeRoleWithWebIdentity').map((input) => input['RoleArn'])).toEqual([
      'arn:aws:iam::1:role/typo',
      roleArn,
    ]);
  });

  it('is not tried again when it is the same', async ({ aws, create }) => {
    const under = create({ roles: reader(roleArn) });
    aws.script({ action: 'AssumeRoleWithWebIdentity', reply: refuseXml('AccessDenied', 'no', 403) });

    expect(await under.fetch(annotated, awsPod('one'))).toMatchObject({ code: 'AWS_CREDENTIALS_REFUSED' });
    expect(aws.calls).toHaveLength(1);
  });
});

describe('a second role', () => {
  const assume = { roleArn: other, externalId: 'id-7' };

  it.for<readonly [AwsIdentity, string]>([
    [{ ...irsa, assume }, 'AssumeRoleWithWebIdentity'],
    [{ ...podIdentity, assume }, 'GetCredentials'],
  ])('is assumed with the credentials of the first, and its external ID', async ([identity, first], { aws, under }) => {
    const ref = secretRef({ secretId: 'db' }, { identity });

    expect(await under.fetch(ref, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    await under.fetch(ref, awsPod('one'));
    expect(aws.calls).toEqual([first, `AssumeRole ${region}`, `GetSecretValue ${region}`, `GetSecretValue ${region}`]);
    expect(aws.requests[1]).toMatchObject({
      accessKeyId: 'ASIAFAKE1',
      input: { RoleArn: other, RoleSessionName: 'shop_app', ExternalId: 'id-7' },
    });
    expect(aws.readers).toEqual(['ASIAFAKE2', 'ASIAFAKE2']);
  });

  it('may have no external ID', async ({ aws, under }) => {
    await under.fetch(
      secretRef({ secretId: 'db' }, { identity: { ...irsa, assume: { roleArn: other } } }),
      awsPod('one'),
    );
    expect(aws.inputs('AssumeRole')[0]).not.toHaveProperty('ExternalId');
  });

  it('explains a refusal by both roles and the external ID', async ({ aws, under }) => {
    aws.script({ action: 'AssumeRole', reply: refuseXml('AccessDenied', 'User is not authorized', 403) });

    const told = await under.fetch(secretRef({ secretId: 'db' }, { identity: { ...irsa, assume } }), awsPod('one'));
    expect(told).toEqual({
      code: 'AWS_CREDENTIALS_REFUSED',
      message:
        `sts:AssumeRole on role "${other}" in us-east-1 as role ${roleArn}: AccessDenied: User is not authorized. ` +
        `Let its trust policy allow sts:AssumeRole to role ${roleArn} with the external ID "id-7", and a policy of that one allow it too`,
    });
  });

  it('is assumed with newer credentials of the first when those are no longer taken', async ({ aws, clock, under }) => {
    aws.sessionLifeS = 36_000;
    await under.fetch(db, awsPod('one'));
    aws.keys.clear();
    await clock.advance(120_000);

    const ref = secretRef({ secretId: 'db' }, { identity: { ...irsa, assume } });
    expect(await under.fetch(ref, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(aws.count('AssumeRoleWithWebIdentity')).toBe(2);
  });
});
