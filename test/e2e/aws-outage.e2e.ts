import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { refuseJson } from '../fakes/aws-replies.ts';
import { FakeAws } from '../fakes/aws-server.ts';
import type { WireReply } from '../fakes/wire-server.ts';
import { toAgentReply, toStsReply } from './harness/aws-front.ts';
import { AwsStand, roleArn } from './harness/aws-stand.ts';
import { e2e } from './harness/e2e.ts';
import type { Provider } from './harness/provider.ts';
import { until } from './harness/until.ts';

const deadlineMs = 7_000;

/** Nothing is kept, so that every mount asks AWS. */
const uncached = { refreshInterval: '0s' };

e2e('A pod mounts while AWS is out', 'aws-outage', (stand) => {
  let aws: AwsStand;
  let provider: Provider;
  beforeAll(async () => {
    aws = await AwsStand.start(stand());
    provider = await startDaemon();
  });
  beforeEach(() => aws.front.behave());
  afterAll(async () => aws?.close());

  const startDaemon = async (...flags: readonly string[]): Promise<Provider> =>
    await stand().startProvider('--providers=aws', `--mount-deadline=${deadlineMs}ms`, ...flags);

  describe('with a failover region', () => {
    beforeAll(async () => {
      await aws.putSecret('two', 'us-east-1');
      await aws.putSecret('two', 'us-west-2');
    });

    it('never asks it while the first region answers', async () => {
      await aws.putClass('two-up', [{ objectName: 'two' }], { ...uncached, failoverRegion: 'us-west-2' });
      const volume = await aws.createVolume('two-up');
      aws.front.forget();
      await volume.publish();
      expect(volume.read('two')).toContain('in us-east-1');
      expect(aws.front.calls.filter((call) => call.startsWith('GetSecretValue'))).toEqual(['GetSecretValue us-east-1']);
    });

    it.for<{ how: string; reply: WireReply }>([
      { how: 'answers 500', reply: refuseJson('InternalServiceError', 'An error occurred on the server side.', 500) },
      { how: 'cuts connections', reply: 'reset' },
    ])('gets its value there while the first region $how, and back when it is up', async ({ how, reply }) => {
      const name = `two-${how.replaceAll(/\W/g, '-')}`;
      await aws.putClass(name, [{ objectName: 'two' }], { ...uncached, failoverRegion: 'us-west-2' });
      const volume = await aws.createVolume(name);
      aws.front.misbehave({ action: 'GetSecretValue', region: 'us-east-1', reply });

      await volume.publish();
      expect(volume.read('two')).toContain('in us-west-2');
      aws.front.behave();
      await volume.publish();
      expect(volume.read('two')).toContain('in us-east-1');
    });

    it('is refused with both regions where both fail', async () => {
      await aws.putClass('two-down', [{ objectName: 'two' }], { ...uncached, failoverRegion: 'us-west-2' });
      const reply = refuseJson('AccessDeniedException', 'denied by a test');
      aws.front.misbehave({ action: 'GetSecretValue', reply });
      const { message, providerStatus } = await (await aws.createVolume('two-down')).publishRefused();
      expect(providerStatus).toBe('PermissionDenied');
      expect(message).toContain('us-east-1');
      expect(message).toContain('us-west-2');
    });
  });

  describe('when AWS throttles', () => {
    const reply = refuseJson('ThrottlingException', 'Rate exceeded');

    it('waits and asks again within its deadline', async () => {
      const { value } = await aws.putSecret('throttled');
      await aws.putClass('throttled', [{ objectName: 'throttled' }]);
      const volume = await aws.createVolume('throttled');
      aws.front.forget();
      aws.front.misbehave({ action: 'GetSecretValue', reply, times: 2 });
      await volume.publish();
      expect(volume.read('throttled')).toBe(value);
      expect(aws.front.count('GetSecretValue')).toBe(3);
    });

    it('is refused in time in a storm, and twenty pods ask no more often than one', async () => {
      await aws.putSecret('storm');
      await aws.putClass('storm', [{ objectName: 'storm' }]);
      const volumes = await Promise.all(Array.from({ length: 20 }, () => aws.createVolume('storm')));
      aws.front.forget();
      aws.front.misbehave({ action: 'GetSecretValue', reply });
      const start = Date.now();

      const refusals = await Promise.all(volumes.map((volume) => volume.publishRefused()));

      expect(Date.now() - start).toBeLessThan(deadlineMs + 1_000);
      expect(new Set(refusals.map(({ providerStatus }) => providerStatus))).toEqual(new Set(['Unknown']));
      expect(aws.front.count('GetSecretValue')).toBeLessThan(10);
      aws.front.behave();
      await Promise.all(volumes.map((volume) => volume.publish()));
    });
  });

  describe('when credentials end', () => {
    it.for([
      { way: 'STS', action: 'AssumeRoleWithWebIdentity', parameters: { roleArn: `${roleArn}-brief` } },
      { way: 'the agent', action: 'GetCredentials', parameters: { usePodIdentity: 'true', roleArn: '' } },
    ])('gets new ones of $way between two republishes', async ({ action, parameters }) => {
      const name = `brief-${action.toLowerCase()}`;
      const before = await aws.putSecret(name);
      await aws.putClass(name, [{ objectName: name }], { ...uncached, ...parameters });
      const volume = await aws.createVolume(name);
      aws.front.forget();
      const toReply = action === 'GetCredentials' ? toAgentReply : toStsReply;
      aws.front.misbehave({ action, reply: () => toReply(aws.front.issue(2)) });
      const start = Date.now();
      await volume.publish();
      const value = stand().evidence.newSecret(`${name}, later`);
      await aws.front.moto.putSecretValue('us-east-1', name, { value, stage: 'AWSCURRENT' });
      expect(volume.read(name)).toBe(before.value);

      await until(() => Date.now() - start > 2_100, { what: 'the credentials to end' });
      await volume.publish();

      expect(volume.read(name)).toBe(value);
      expect(aws.front.count(action)).toBe(2);
      const keys = aws.front.requests.flatMap((request) =>
        request.action === 'GetSecretValue' ? [request.accessKeyId] : [],
      );
      expect(new Set(keys).size).toBe(2);
    });
  });

  describe('while an endpoint hangs', () => {
    it.for([
      { action: 'GetSecretValue', parameters: {} },
      { action: 'AssumeRoleWithWebIdentity', parameters: { roleArn: `${roleArn}-hanging` } },
      { action: 'GetCredentials', parameters: { usePodIdentity: 'true', roleArn: '' } },
    ])('is refused before its deadline is over: $action', async ({ action, parameters }) => {
      const name = `hang-${action.toLowerCase()}`;
      const { value } = await aws.putSecret(name);
      await aws.putClass(name, [{ objectName: name }], { ...uncached, ...parameters });
      const volume = await aws.createVolume(name);
      aws.front.misbehave({ action, reply: 'hang' });
      const start = Date.now();

      const refusal = await volume.publishRefused();

      expect(Date.now() - start).toBeLessThan(deadlineMs + 1_000);
      expect(refusal.providerStatus).toBe('Unknown');
      expect(refusal.message).toContain(name);
      aws.front.behave();
      await volume.publish();
      expect(volume.read(name)).toBe(value);
    });

    it('is refused by lockstep before kubelet gives up, where kubelet has less time', async () => {
      await aws.putClass('hurried', [{ objectName: 'hang-hurried' }], uncached);
      aws.front.misbehave({ action: 'GetSecretValue', reply: 'hang' });
      const refusal = await (await aws.createVolume('hurried')).publishRefused(deadlineMs / 2);
      expect(refusal.providerStatus).toBe('Unknown');
      expect(refusal.message).toContain('hang-hurried');
    });
  });

  describe('with --aws-batch=auto', () => {
    beforeAll(async () => {
      await stand().stopProvider(provider);
      provider = await startDaemon('--aws-batch=auto');
    });

    const names = Array.from({ length: 8 }, (_, index) => `batch/${index}`);
    const objects = names.map((objectName) => ({ objectName }));

    it('reads eight secrets with one call', async () => {
      await Promise.all(names.map((name) => aws.putSecret(name)));
      await aws.putClass('batch', objects);
      const volume = await aws.createVolume('batch');
      aws.front.forget();
      await volume.publish();
      expect(volume.files()).toHaveLength(names.length);
      expect(aws.front.calls).toEqual(['AssumeRoleWithWebIdentity', 'BatchGetSecretValue us-east-1']);
    });

    it('falls back silently for a role that may not, and remembers that', async () => {
      await aws.putClass('batch-denied', objects, { ...uncached, roleArn: `${roleArn}-unbatched` });
      const volume = await aws.createVolume('batch-denied');
      const reply = refuseJson(
        'AccessDeniedException',
        'not authorized to perform: secretsmanager:BatchGetSecretValue',
      );
      aws.front.misbehave({ action: 'BatchGetSecretValue', reply });
      aws.front.forget();

      await volume.publish();
      expect(volume.files()).toHaveLength(names.length);
      expect([aws.front.count('BatchGetSecretValue'), aws.front.count('GetSecretValue')]).toEqual([1, 8]);

      await volume.publish();
      expect([aws.front.count('BatchGetSecretValue'), aws.front.count('GetSecretValue')]).toEqual([1, 16]);
    });
  });

  it('gets credentials of an agent that answers on IPv6 only', async () => {
    const { value } = await aws.putSecret('six');
    await aws.putClass('six', [{ objectName: 'six' }], { usePodIdentity: 'true', roleArn: '' });
    await using agent = await FakeAws.start({ host: '::1' });
    agent.script({ action: 'GetCredentials', reply: () => toAgentReply(aws.front.issue()) });
    await stand().stopProvider(provider);
    stand().environment = {
      ...aws.front.environment,
      LOCKSTEP_POD_IDENTITY_AGENT_PORT: String(agent.server.port),
    };
    provider = await startDaemon();
    const volume = await aws.createVolume('six');

    await volume.publish();

    expect(volume.read('six')).toBe(value);
    expect(agent.count('GetCredentials')).toBe(1);
    await stand().stopProvider(provider);
  });
});
