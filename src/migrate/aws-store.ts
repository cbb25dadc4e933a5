import type { Fields } from './fields.ts';
import { readAccount } from './selectors.ts';
import type { AwsSettings, Reference } from './store.ts';

/** `provider.aws` of a store. Undefined: lockstep reads no such service; why is reported. */
export function awsStore(aws: Fields): AwsSettings | undefined {
  const objectType = readService(aws);
  const account = readIdentity(aws);
  const parameters = { region: aws.text('region'), ...readRole(aws) };
  refuseRest(aws);
  if (parameters.region === '') aws.remark('region', { rule: 'manifest-invalid', message: 'is missing' });
  const prefix = aws.text('prefix');
  if (objectType === undefined) return undefined;
  return { backend: 'aws', parameters, account, credentials: undefined, objectType, prefix };
}

function readService(aws: Fields): AwsSettings['objectType'] | undefined {
  switch (aws.text('service')) {
    case 'SecretsManager':
      return 'secretsmanager';
    case 'ParameterStore':
      return 'ssmparameter';
    default:
      aws.remark('service', {
        rule: 'store-unsupported',
        message: 'is no service that lockstep reads; it reads SecretsManager and ParameterStore',
      });
      return undefined;
  }
}

/** Undefined: none of a service account. */
function readIdentity(aws: Fields): Reference | undefined {
  const auth = aws.fields('auth');
  const jwt = auth?.fields('jwt');
  const selector = jwt && readAccount(jwt, 'serviceAccountRef');
  const refused = auth?.refuse('secretRef', {
    rule: 'static-credentials',
    message:
      'is a pair of long-lived keys, which lockstep never takes: give a service account of the namespace an IAM role ' +
      '(annotation eks.amazonaws.com/role-arn) that may read the same',
  });
  if (selector === undefined && !refused) {
    aws.remark(auth === undefined ? undefined : 'auth', {
      severity: 'warning',
      rule: 'service-account',
      message:
        "uses the identity of External Secrets Operator's own pod, which lockstep never does: a service account of the namespace " +
        'does, with an IAM role of its own (annotation eks.amazonaws.com/role-arn)',
    });
  }
  return selector?.account;
}

function readRole(aws: Fields): Readonly<Record<string, string>> {
  const role = aws.text('role');
  const externalId = aws.text('externalID');
  if (role === '' && externalId !== '') {
    aws.remark('externalID', {
      severity: 'warning',
      rule: 'store-setting',
      message: 'says nothing without role; leave it out',
    });
  }
  return role === '' ? {} : { assumeRoleArn: role, ...(externalId !== '' && { externalId }) };
}

function refuseRest(aws: Fields): void {
  aws.refuse('additionalRoles', {
    rule: 'store-setting',
    message:
      'is a chain of roles, of which lockstep assumes one (assumeRoleArn): let the last role trust the first directly',
  });
  for (const name of ['sessionTags', 'transitiveTagKeys', 'customSessionTags']) {
    aws.refuse(name, {
      rule: 'store-setting',
      message:
        'is not sent by lockstep; write the conditions of the role for the service account (sub) instead of for tags',
    });
  }
  const policy = aws.text('sessionTagsPolicy');
  if (policy !== '' && policy !== 'None') {
    aws.remark('sessionTagsPolicy', {
      rule: 'store-setting',
      message:
        'is not known to lockstep, which sends no session tags; write the conditions of the role for the service account',
    });
  }
  aws.refuse('secretsManager', {
    severity: 'warning',
    rule: 'store-setting',
    message: 'is about deleting at AWS, which lockstep never does; leave it out',
  });
}
