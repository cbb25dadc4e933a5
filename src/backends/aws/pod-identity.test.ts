import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  awsPod,
  createAwsUnderTest,
  defaultsOf,
  JumpingClock,
  podIdentity,
  secretRef,
} from '../../../test/fakes/aws-callers.ts';
import { FakeAws } from '../../../test/fakes/aws-server.ts';
import type { WireReply } from '../../../test/fakes/wire-server.ts';
import type { AwsIdentity } from '../../core/aws-ref.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import type { AddressType } from './agent.ts';

const db = secretRef({ secretId: 'db' }, { identity: podIdentity });
let clock: JumpingClock;
let aws: FakeAws;

beforeEach(async () => {
  clock = new JumpingClock();
  aws = await FakeAws.start({ now: () => clock.now() });
  aws.secrets.set('us-east-1', 'db', 'hunter2');
});
afterEach(() => aws[Symbol.asyncDispose]());

function refBy(addressType: AddressType) {
  const identity: AwsIdentity = { kind: 'pod-identity', addressType, audience: 'pods.eks.amazonaws.com' };
  return secretRef({ secretId: 'db' }, { identity });
}

/** An answer of the agent with these members in place of its own. */
function agentAnswers(reply: WireReply): void {
  aws.script({ action: 'GetCredentials', reply });
}

describe('Pod Identity', () => {
  it("asks the agent with the pod's token, and reads with what it gets", async () => {
    await using under = createAwsUnderTest(aws, { clock });

    expect(await under.fetch(db, awsPod('one'))).toEqual({ value: 'hunter2', version: 'version-of-db' });
    expect(aws.server.requests[0]).toMatchObject({
      method: 'GET',
      path: '/v1/credentials',
      headers: { host: `127.0.0.1:${aws.server.port}`, authorization: 'agent-token-of-one' },
    });
    expect(aws.requests[1]).toMatchObject({
      accessKeyId: 'ASIAFAKE1',
      headers: { 'x-amz-security-token': 'session-token-1' },
    });
    expect(aws.calls).toEqual(['GetCredentials', 'GetSecretValue us-east-1']);
  });

  it('belongs to the pod, because its sessions are tagged with the pod', async () => {
    await using under = createAwsUnderTest(aws, { clock });

    expect(await under.secrets.identify(db, awsPod('one'), { signal: under.signal })).toBe('pod');
    expect(aws.calls).toEqual([]);
    for (const name of ['one', 'two', 'one']) await under.fetch(db, awsPod(name));
    expect(aws.count('GetCredentials')).toBe(2);
  });

  it('is asked again shortly before the credentials end', async () => {
    await using under = createAwsUnderTest(aws, { clock });
    await under.fetch(db, awsPod('one'));
    await clock.advance(3_301_000);
    await under.fetch(db, awsPod('one'));
    expect(aws.count('GetCredentials')).toBe(2);
  });

  it.for<readonly [string, number, string, string]>([
    [
      'JSON',
      403,
      JSON.stringify({ code: 'AccessDeniedException', message: 'no association' }),
      'AccessDeniedException: no association',
    ],
    ['text', 403, '[r]: (AccessDeniedException): no trust', 'status 403: [r]: (AccessDeniedException): no trust'],
    ['nothing', 404, '', 'status 404'],
    ['JSON that is no object', 400, '"x"', 'status 400: "x"'],
  ])('explains a refusal in %s', async ([, status, body, words]) => {
    await using under = createAwsUnderTest(aws, { clock });
    agentAnswers({ status, body });

    expect(await under.fetch(db, awsPod('one'))).toEqual({
      code: 'AWS_CREDENTIALS_REFUSED',
      message:
        `eks-auth:AssumeRoleForPodIdentity on the agent of the node in us-east-1 as service account shop/app: ${words}. ` +
        'Check that EKS associates a role with service account shop/app in this cluster, ' +
        'and that the trust policy of the role allows sts:AssumeRole and sts:TagSession to pods.eks.amazonaws.com',
    });
    expect(aws.calls).toEqual(['GetCredentials']);
  });

  it.for<readonly [string, string]>([
    ['no JSON', '<html>not json</html>'],
    ['no keys', '{}'],
    ['keys that are no texts', '{"AccessKeyId":1,"SecretAccessKey":{},"Token":[]}'],
    ['an end that is no date', '{"AccessKeyId":"a","SecretAccessKey":"canary","Token":"t","Expiration":"soon"}'],
    ['more than anybody needs', `{"AccessKeyId":"${'a'.repeat(100_000)}"}`],
  ])('refuses an answer with %s, and shows nothing of it', async ([, body]) => {
    await using under = createAwsUnderTest(aws, { clock });
    agentAnswers({ status: 200, body });

    const told = await under.fetch(db, awsPod('one'));
    expect(told.code).toBe('AWS_ANSWER_INVALID');
    expect(told.message).not.toMatch(/canary|html|aaa/);
    expect(aws.calls).toEqual(['GetCredentials']);
  });

  it('uses credentials without an end for good, and those that have ended once', async () => {
    await using under = createAwsUnderTest(aws, { clock });
    aws.keys.set('AKIAAGENT', 'token');
    const body = { AccessKeyId: 'AKIAAGENT', SecretAccessKey: 's', Token: 'token' };
    aws.script({ action: 'GetCredentials', times: 1, reply: { status: 200, body: JSON.stringify(body) } });
    await under.fetch(db, awsPod('one'));
    await clock.advance(86_400_000);
    expect(await under.fetch(db, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(aws.count('GetCredentials')).toBe(1);

    agentAnswers({ status: 200, body: JSON.stringify({ ...body, Expiration: '2020-01-01T00:00:00Z' }) });
    expect(await under.fetch(db, awsPod('two'))).toMatchObject({ value: 'hunter2' });
    await under.fetch(db, awsPod('two'));
    expect(aws.count('GetCredentials')).toBe(3);
  });

  it.for([500, 503, 429])('asks an agent that answers %s again', async (status) => {
    await using under = createAwsUnderTest(aws, { clock });
    aws.script({ action: 'GetCredentials', times: 2, reply: { status, body: '' } });

    expect(await under.fetch(db, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(aws.count('GetCredentials')).toBe(3);
  });

  it('says what is the matter when there is no agent, and asks no other region', async () => {
    await using under = createAwsUnderTest(aws, {
      clock,
      defaults: { ...defaultsOf(aws), podIdentityAgent: { ipv4: '127.0.0.1', ipv6: '::1', port: 1 } },
    });
    const ref = secretRef({ secretId: 'db' }, { identity: podIdentity, failoverRegion: 'us-west-2' });

    const told = await under.fetch(ref, awsPod('one'));
    expect(told.code).toBe('AWS_UNREACHABLE');
    expect(told.message).toMatch(
      /no connection \(ECONNREFUSED\)\. Check that the EKS Pod Identity agent runs on the node$/,
    );
    expect(clock.pauses).toHaveLength(2);
  });

  it('sends no token that is no header', async () => {
    await using under = createAwsUnderTest(aws, { clock });
    const tokens = new Map([['pods.eks.amazonaws.com', SecretBytes.from('canary\r\nX-Evil: 1')]]);

    const told = await under.fetch(db, awsPod('one', { tokens }));
    expect(told.code).toBe('AWS_CREDENTIALS_REFUSED');
    expect(told.message).not.toContain('canary');
    expect(aws.calls).toEqual([]);
  });
});

describe('the address of the agent', () => {
  /** An agent on IPv6 alone: nobody listens at its port on IPv4. */
  async function startIpv6() {
    const agent = await FakeAws.start({ host: '::1', now: () => clock.now() });
    const under = createAwsUnderTest(aws, {
      clock,
      defaults: { ...defaultsOf(aws), podIdentityAgent: { ipv4: '127.0.0.1', ipv6: '::1', port: agent.server.port } },
    });
    aws.keys.set('ASIAFAKE1', 'session-token-1').set('ASIAFAKE2', 'session-token-2');
    const dispose = async () => {
      await under[Symbol.asyncDispose]();
      await agent[Symbol.asyncDispose]();
    };
    return { agent, under, [Symbol.asyncDispose]: dispose };
  }

  it.for(['auto', 'ipv6'] as const)('%s finds an agent that answers on IPv6 only', async (addressType) => {
    await using stand = await startIpv6();

    expect(await stand.under.fetch(refBy(addressType), awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(await stand.under.fetch(refBy(addressType), awsPod('two'))).toMatchObject({ value: 'hunter2' });
    expect(stand.agent.calls).toEqual(['GetCredentials', 'GetCredentials']);
  });

  it('ipv4 means IPv4', async () => {
    await using stand = await startIpv6();

    expect(await stand.under.fetch(refBy('ipv4'), awsPod('one'))).toMatchObject({ code: 'AWS_UNREACHABLE' });
    expect(stand.agent.calls).toEqual([]);
  });

  it('ipv6 means IPv6', async () => {
    await using under = createAwsUnderTest(aws, { clock });

    expect(await under.fetch(refBy('ipv6'), awsPod('one'))).toMatchObject({ code: 'AWS_UNREACHABLE' });
    expect(aws.calls).toEqual([]);
  });

  it('auto asks first what answered last', async () => {
    await using stand = await startIpv6();
    await stand.under.fetch(refBy('auto'), awsPod('one'));
    await stand.under.fetch(refBy('auto'), awsPod('two'));

    const hosts = stand.agent.server.requests.map(({ headers }) => headers['host']);
    expect(hosts).toEqual([`127.0.0.1:${stand.agent.server.port}`, `[::1]:${stand.agent.server.port}`]);
  });

  it('auto stays with IPv4 where that answers', async () => {
    await using under = createAwsUnderTest(aws, { clock });

    expect(await under.fetch(refBy('auto'), awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(aws.calls).toEqual(['GetCredentials', 'GetSecretValue us-east-1']);
  });
});
