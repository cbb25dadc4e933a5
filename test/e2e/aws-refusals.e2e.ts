import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { refuseJson, refuseXml } from '../fakes/aws-replies.ts';
import type { ScriptedAwsReply } from '../fakes/aws-server.ts';
import { AwsStand, roleArn } from './harness/aws-stand.ts';
import { e2e } from './harness/e2e.ts';

e2e('A pod mounts what AWS refuses', 'aws-refusals', (stand) => {
  let aws: AwsStand;
  beforeAll(async () => {
    aws = await AwsStand.start(stand());
    await stand().startProvider('--providers=aws');
  });
  beforeEach(() => aws.front.behave());
  afterAll(async () => aws?.close());

  it.for<Refusal>([
    {
      name: 'denied',
      fault: {
        action: 'GetSecretValue',
        reply: refuseJson('AccessDeniedException', 'User is not authorized to perform: secretsmanager:GetSecretValue'),
      },
      status: 'PermissionDenied',
      says: ['AWS_DENIED', 'secretsmanager:GetSecretValue', 'refused/denied', roleArn, 'us-east-1', 'Allow'],
    },
    {
      name: 'absent',
      status: 'NotFound',
      says: ['AWS_NOT_FOUND', 'refused/absent', 'us-east-1', 'Check that it exists'],
    },
    {
      name: 'sealed',
      fault: {
        action: 'GetSecretValue',
        reply: refuseJson('DecryptionFailure', "Secrets Manager can't decrypt the protected secret text"),
      },
      status: 'PermissionDenied',
      says: ['AWS_DECRYPT_REFUSED', 'refused/sealed', roleArn, 'kms:Decrypt'],
    },
    {
      name: 'untrusted',
      fault: {
        action: 'AssumeRoleWithWebIdentity',
        reply: refuseXml('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403),
      },
      parameters: { roleArn: `${roleArn}-untrusted` },
      status: 'Unauthenticated',
      says: ['sts:AssumeRoleWithWebIdentity', `${roleArn}-untrusted`, 'aws-refusals:app', 'trust policy'],
    },
    {
      name: 'unassociated',
      fault: {
        action: 'GetCredentials',
        reply: { status: 404, body: '{"code":"ResourceNotFoundException","message":"No association"}' },
      },
      parameters: { usePodIdentity: 'true', roleArn: '' },
      status: 'Unauthenticated',
      says: ['eks-auth:AssumeRoleForPodIdentity', 'aws-refusals/app', 'associates'],
    },
    {
      name: 'roleless',
      parameters: { roleArn: '' },
      status: 'Unauthenticated',
      says: ['AWS_ROLE_MISSING', 'aws-refusals/app', 'eks.amazonaws.com/role-arn', 'roleArn'],
    },
  ])('names the object, the action, the role and the remedy: $name', async (refusal) => {
    const { name, fault, status, says, parameters } = refusal;
    await aws.putClass(name, [{ objectName: `refused/${name}` }], parameters);
    if (fault) aws.front.misbehave(fault);

    const { providerStatus, message } = await (await aws.createVolume(name)).publishRefused();

    expect(providerStatus).toBe(status);
    for (const text of says) expect(message).toContain(text);
    expect(message).not.toContain('all regions');
  });

  it('names the token that is missing where the driver requests none for STS', async () => {
    await aws.putClass('tokenless', [{ objectName: 'refused/absent' }]);
    const volume = await stand().createVolume('tokenless', { audiences: ['pods.eks.amazonaws.com'] });
    const refusal = await volume.publishRefused();
    expect(refusal.providerStatus).toBe('Unauthenticated');
    expect(refusal.message).toContain('"sts.amazonaws.com"');
    expect(refusal.message).toContain('tokenRequests');
  });
});

interface Refusal {
  readonly name: string;
  readonly fault?: ScriptedAwsReply;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly status: string;
  readonly says: readonly string[];
}
