import { describe, expect } from 'vitest';

import { it } from '../../../test/fakes/aws-backend.ts';
import { awsPod, irsa, secretRef, secretRefs } from '../../../test/fakes/aws-callers.ts';
import { refuseJson } from '../../../test/fakes/aws-replies.ts';
import { secretArn } from '../../../test/fakes/aws-store.ts';
import type { AwsStore } from '../../core/aws-ref.ts';

const region = 'us-east-1';
const pod = awsPod('one');

it.override('under', ({ create }) => create({ batch: 'auto' }));

describe('a batch', () => {
  it('answers up to twenty secrets, by name, ARN and ARN without suffix', async ({ aws, under }) => {
    const names = aws.secrets.seed(23);
    const [first = '', second = ''] = names;
    const ids = [secretArn(region, first), secretArn(region, second).slice(0, -7), ...names.slice(2)];

    const told = await under.fetchAll(secretRefs(ids), pod);
    expect(told.map(({ value }) => value)).toEqual(names.map((name) => `value of ${name}`));
    expect(aws.calls).toEqual([
      'AssumeRoleWithWebIdentity',
      `BatchGetSecretValue ${region}`,
      `BatchGetSecretValue ${region}`,
    ]);
    expect(aws.requests.slice(1).map(({ input }) => input)).toEqual([
      { SecretIdList: ids.slice(0, 20) },
      { SecretIdList: ids.slice(20) },
    ]);
  });

  it('is not made unless it is wanted, for one secret, or for versions', async ({ aws, create, under }) => {
    const off = create();
    const [name = ''] = aws.secrets.seed(2);

    await off.fetchAll(secretRefs(['secret-0', 'secret-1']), pod);
    await under.fetchAll(secretRefs([name]), pod);
    await under.fetchAll(
      [secretRef({ secretId: name, versionId: 'v' }), secretRef({ secretId: name, versionStage: 'blue' })],
      pod,
    );
    expect(aws.count('BatchGetSecretValue')).toBe(0);
  });

  it('takes secrets whose stage is AWSCURRENT, beside others that are asked alone', async ({ aws, under }) => {
    aws.secrets.seed(3);
    const current = { versionStage: 'AWSCURRENT' };
    const all = [
      secretRef({ secretId: 'secret-0', ...current }),
      secretRef({ secretId: 'secret-1' }),
      secretRef({ secretId: 'secret-2', versionId: 'version-of-secret-2' }),
    ];

    const told = await under.fetchAll(all, pod);
    expect(told.map(({ value }) => value)).toEqual(['value of secret-0', 'value of secret-1', 'value of secret-2']);
    expect([aws.count('BatchGetSecretValue'), aws.count('GetSecretValue')]).toEqual([1, 1]);
  });

  it('says for each secret what is the matter with it', async ({ aws, under }) => {
    aws.secrets.seed(1);
    aws.secrets.set(region, 'closed', 'x');
    aws.denied.add('closed');

    const told = await under.fetchAll(secretRefs(['secret-0', 'closed', 'absent']), pod);
    expect(told.map(({ code }) => code)).toEqual([undefined, 'AWS_DENIED', 'AWS_NOT_FOUND']);
    expect(told[1]?.message).toContain('secretsmanager:GetSecretValue on secret "closed" in us-east-1');
    expect(aws.count('GetSecretValue')).toBe(0);
  });

  it('that is refused is not tried again for that role, and nobody notices', async ({ aws, under }) => {
    const names = aws.secrets.seed(3);
    aws.isBatchDenied = true;

    for (let round = 0; round < 3; round++) {
      const told = await under.fetchAll(secretRefs(names), awsPod(`pod-${round}`));
      expect(told.map(({ value }) => value)).toEqual(names.map((name) => `value of ${name}`));
    }
    expect([aws.count('BatchGetSecretValue'), aws.count('GetSecretValue')]).toEqual([1, 9]);

    const elsewhere = { identity: { ...irsa, roleArn: 'arn:aws:iam::1:role/other' } } as Partial<AwsStore>;
    await under.fetchAll(secretRefs(names, elsewhere), pod);
    expect(aws.count('BatchGetSecretValue')).toBe(2);
  });

  it.for([
    ['throttling', refuseJson('ThrottlingException')],
    ['a cut connection', 'reset'],
    ['a name that AWS does not take', refuseJson('InvalidParameterException')],
    ['an answer that leaves secrets out', { status: 200, body: '{"SecretValues":[]}' }],
  ] as const)(
    'that ends with %s is replaced by single requests at once, and tried again later',
    async ([, reply], { aws, clock, under }) => {
      const names = aws.secrets.seed(3);
      aws.script({ action: 'BatchGetSecretValue', times: 1, reply });

      expect((await under.fetchAll(secretRefs(names), pod)).map(({ code }) => code)).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect([aws.count('BatchGetSecretValue'), aws.count('GetSecretValue'), clock.pauses]).toEqual([1, 3, []]);
      await under.fetchAll(secretRefs(names), pod);
      expect([aws.count('BatchGetSecretValue'), aws.count('GetSecretValue')]).toEqual([2, 3]);
    },
  );

  it('leaves room in its quota: beyond fifty a second secrets are asked alone', async ({ aws, clock, under }) => {
    const names = aws.secrets.seed(2);

    for (let round = 0; round < 55; round++) await under.fetchAll(secretRefs(names), pod);
    expect([aws.count('BatchGetSecretValue'), aws.count('GetSecretValue')]).toEqual([50, 10]);
    await clock.advance(1_000);
    await under.fetchAll(secretRefs(names), pod);
    expect(aws.count('BatchGetSecretValue')).toBe(51);
  });
});
