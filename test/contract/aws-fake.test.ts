import type { AwsParameterRef, AwsSecretRef } from '../../src/core/aws-ref.ts';
import { createAwsUnderTest, awsPod, parameterRef, secretRef } from '../fakes/aws-callers.ts';
import { FakeAws } from '../fakes/aws-server.ts';
import { type BackendHarness, describeBackendContract } from './backend-contract.ts';

const region = 'us-east-1';
/** The fake cuts connections there. */
const dead = 'us-dead-1';
const callers = [awsPod('one'), awsPod('two')] as const;
const codes = { absent: 'AWS_NOT_FOUND', denied: 'AWS_DENIED', unreachable: 'AWS_UNREACHABLE' } as const;

describeBackendContract('the fake Secrets Manager', startSecretsManager);
describeBackendContract('the fake Parameter Store', startParameterStore);

async function startSecretsManager(): Promise<BackendHarness<AwsSecretRef>> {
  const aws = await FakeAws.start();
  aws.secrets.set(region, 'a', 'canary-of-a');
  aws.secrets.set(region, 'b', 'canary-of-b');
  aws.denied.add('denied');
  aws.script({ action: 'GetSecretValue', region: dead, reply: 'reset' });
  const under = createAwsUnderTest(aws);
  return {
    backend: under.secrets,
    callers,
    present: [secretRef({ secretId: 'a' }), secretRef({ secretId: 'b' })],
    absent: secretRef({ secretId: 'absent' }),
    denied: secretRef({ secretId: 'denied' }),
    leased: [],
    unreachable: secretRef({ secretId: 'a' }, { region: dead }),
    codes,
    async close() {
      await under[Symbol.asyncDispose]();
      await aws[Symbol.asyncDispose]();
    },
  };
}

async function startParameterStore(): Promise<BackendHarness<AwsParameterRef>> {
  const aws = await FakeAws.start();
  aws.parameters.set(region, '/a', 'canary-of-a');
  aws.parameters.set(region, '/b', 'canary-of-b');
  aws.denied.add('/denied');
  aws.script({ action: 'GetParameters', region: dead, reply: 'reset' });
  const under = createAwsUnderTest(aws);
  return {
    backend: under.parameters,
    callers,
    present: [parameterRef({ name: '/a' }), parameterRef({ name: '/b' })],
    absent: parameterRef({ name: '/absent' }),
    denied: parameterRef({ name: '/denied' }),
    leased: [],
    unreachable: parameterRef({ name: '/a' }, { region: dead }),
    codes,
    async close() {
      await under[Symbol.asyncDispose]();
      await aws[Symbol.asyncDispose]();
    },
  };
}
