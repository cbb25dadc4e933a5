import { describe, expect } from 'vitest';

import { it as base } from '../../../test/fakes/aws-backend.ts';
import { awsPod, defaultsOf, podIdentity, secretRef } from '../../../test/fakes/aws-callers.ts';
import { FakeAws } from '../../../test/fakes/aws-server.ts';
import type { WireReply } from '../../../test/fakes/wire-server.ts';
import type { AwsIdentity } from '../../core/aws-ref.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import type { AddressType } from './agent.ts';

const db = secretRef({ secretId: 'db' }, { identity: podIdentity });

function refBy(addressType: AddressType) {
  const identity: AwsIdentity = { kind: 'pod-identity', addressType, audience: 'pods.eks.amazonaws.com' };
  return secretRef({ secretId: 'db' }, { identity });
}

const it = base
  .extend(
    'agentAnswers',
    ({ aws }) =>
      (reply: WireReply) =>
        aws.script({ action: 'GetCredentials', reply }),
  )
  /** An agent on IPv6 alone: nobody listens at its port on IPv4. */
  .extend('agent', async ({ clock, onTestFinished }) => {
    const agent = await FakeAws.start({ host: '::1', now: () => clock.now() });
    onTestFinished(() => agent[Symbol.asyncDispose]());
    return agent;
  })
  /** Backends that know of that agent. */
  .extend('onIpv6', ({ agent, aws, create }) => {
    aws.keys.set('ASIAFAKE1', 'session-token-1').set('ASIAFAKE2', 'session-token-2');
    const podIdentityAgent = { ipv4: '127.0.0.1', ipv6: '::1', port: agent.server.port };
    return create({ defaults: { ...defaultsOf(aws), podIdentityAgent } });
  });

describe('Pod Identity', () => {
  it("asks the agent with the pod's token, and reads with what it gets", async ({ aws, under }) => {
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

  it('belongs to the pod, because its sessions are tagged with the pod', async ({ aws, under }) => {
    expect(await under.secrets.identify(db, awsPod('one'), { signal: under.signal })).toBe('pod');
    expect(aws.calls).toEqual([]);
    for (const name of ['one', 'two', 'one']) await under.fetch(db, awsPod(name));
    expect(aws.count('GetCredentials')).toBe(2);
  });

  it('is asked again shortly before the credentials end', async ({ aws, clock, under }) => {
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
  ])('explains a refusal in %s', async ([, status, body, words], { agentAnswers, aws, under }) => {
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
  ])('refuses an answer with %s, and shows nothing of it', async ([, body], { agentAnswers, aws, under }) => {
    agentAnswers({ status: 200, body });

    const told = await under.fetch(db, awsPod('one'));
    expect(told.code).toBe('AWS_ANSWER_INVALID');
    expect(told.message).not.toMatch(/canary|html|aaa/);
    expect(aws.calls).toEqual(['GetCredentials']);
  });

  it('uses credentials without an end for good, and those that have ended once', async ({
    agentAnswers,
    aws,
    clock,
    under,
  }) => {
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

  it.for([500, 503, 429])('asks an agent that answers %s again', async (status, { aws, under }) => {
    aws.script({ action: 'GetCredentials', times: 2, reply: { status, body: '' } });

    expect(await under.fetch(db, awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(aws.count('GetCredentials')).toBe(3);
  });

  it('says what is the matter when there is no agent, and asks no other region', async ({ aws, clock, create }) => {
    const under = create({
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

  it('sends no token that is no header', async ({ aws, under }) => {
    const tokens = new Map([['pods.eks.amazonaws.com', SecretBytes.from('canary\r\nX-Evil: 1')]]);

    const told = await under.fetch(db, awsPod('one', { tokens }));
    expect(told.code).toBe('AWS_CREDENTIALS_REFUSED');
    expect(told.message).not.toContain('canary');
    expect(aws.calls).toEqual([]);
  });
});

describe('the address of the agent', () => {
  it.for(['auto', 'ipv6'] as const)(
    '%s finds an agent that answers on IPv6 only',
    async (addressType, { agent, onIpv6 }) => {
      expect(await onIpv6.fetch(refBy(addressType), awsPod('one'))).toMatchObject({ value: 'hunter2' });
      expect(await onIpv6.fetch(refBy(addressType), awsPod('two'))).toMatchObject({ value: 'hunter2' });
      expect(agent.calls).toEqual(['GetCredentials', 'GetCredentials']);
    },
  );

  it('ipv4 means IPv4', async ({ agent, onIpv6 }) => {
    expect(await onIpv6.fetch(refBy('ipv4'), awsPod('one'))).toMatchObject({ code: 'AWS_UNREACHABLE' });
    expect(agent.calls).toEqual([]);
  });

  it('ipv6 means IPv6', async ({ aws, under }) => {
    expect(await under.fetch(refBy('ipv6'), awsPod('one'))).toMatchObject({ code: 'AWS_UNREACHABLE' });
    expect(aws.calls).toEqual([]);
  });

  it('auto asks first what answered last', async ({ agent, onIpv6 }) => {
    await onIpv6.fetch(refBy('auto'), awsPod('one'));
    await onIpv6.fetch(refBy('auto'), awsPod('two'));

    const hosts = agent.server.requests.map(({ headers }) => headers['host']);
    expect(hosts).toEqual([`127.0.0.1:${agent.server.port}`, `[::1]:${agent.server.port}`]);
  });

  it('auto stays with IPv4 where that answers', async ({ aws, under }) => {
    expect(await under.fetch(refBy('auto'), awsPod('one'))).toMatchObject({ value: 'hunter2' });
    expect(aws.calls).toEqual(['GetCredentials', 'GetSecretValue us-east-1']);
  });
});
