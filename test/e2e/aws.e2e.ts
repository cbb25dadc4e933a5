import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { type AwsObject, AwsStand, roleArn } from './harness/aws-stand.ts';
import { e2e } from './harness/e2e.ts';
import { readPodToken, tokenOf } from './harness/pod-token.ts';
import { republishUntil } from './harness/volume.ts';

/** Nothing is kept, so that every republish asks AWS. */
const uncached = { refreshInterval: '0s' };

e2e('A pod mounts secrets of AWS through the CSI driver', 'aws', (stand) => {
  let aws: AwsStand;
  beforeAll(async () => {
    aws = await AwsStand.start(stand());
    const { providerKubeconfig } = stand().run.cluster;
    await stand().startProvider('--providers=aws,lockstep,vault', `--kubeconfig=${providerKubeconfig}`);
  });
  beforeEach(() => aws.front.behave());
  afterAll(async () => aws?.close());

  describe('as a role of its service account', () => {
    it('becomes the role of the annotation with its own token, and reads with the credentials of that role', async () => {
      const annotated = 'arn:aws:iam::123456789012:role/annotated';
      await aws.createAccount('annotated', annotated);
      const { value, version } = await aws.putSecret('irsa/db');
      await aws.putClass('irsa', [{ objectName: 'irsa/db', filePermission: '0400' }], { roleArn: '' });
      const volume = await aws.createVolume('irsa', 'annotated');
      aws.front.forget();

      await volume.publish();

      expect(volume.read('irsa_db')).toBe(value);
      expect(volume.mode('irsa_db')).toBe(0o400);
      expect(await volume.versions()).toEqual({ irsa_db: version });
      const [login, read] = aws.front.requests;
      expect(aws.front.seen).toEqual([
        {
          action: 'AssumeRoleWithWebIdentity',
          region: '',
          accessKeyId: '',
          input: {
            Version: '2011-06-15',
            RoleArn: annotated,
            RoleSessionName: 'aws_annotated',
            WebIdentityToken: expect.any(String),
          },
        },
        {
          action: 'GetSecretValue',
          region: 'us-east-1',
          accessKeyId: expect.stringMatching(/^ASIA/),
          input: { SecretId: 'irsa/db' },
        },
      ]);
      expect(readPodToken(login?.input['WebIdentityToken'])).toEqual(tokenOf(volume.pod, 'sts.amazonaws.com'));
      expect(login?.headers).not.toHaveProperty('authorization');
      expect(read?.headers).toMatchObject({
        'x-amz-target': 'secretsmanager.GetSecretValue',
        'x-amz-security-token': expect.any(String),
        'user-agent': expect.stringContaining('app/lockstep'),
      });
    });

    it('asks neither AWS nor the API server at a republish, and nobody logs in again for the next pod', async () => {
      await aws.createAccount('warm', roleArn);
      await aws.putSecret('warm/a');
      await aws.putClass('warm', [{ objectName: 'warm/a' }], { roleArn: '' });
      const volume = await aws.createVolume('warm', 'warm');
      await volume.publish();
      aws.front.forget();

      for (let time = 0; time < 5; time++) await volume.publish();
      expect(aws.front.calls).toEqual([]);

      await aws.putClass('warm-other', [{ objectName: 'warm/a', objectAlias: 'other' }], { ...uncached, roleArn: '' });
      await (await aws.createVolume('warm-other', 'warm')).publish();
      expect(aws.front.calls).toEqual(['GetSecretValue us-east-1']);
      expect(callsToApiServer(stand().run.cluster.auditLog, 'serviceaccounts/warm')).toEqual([
        'GET /api/v1/namespaces/aws/serviceaccounts/warm',
      ]);
    });

    it('takes the role of the class where it names one, and the API server hears nothing', async () => {
      const { value } = await aws.putSecret('named/a');
      await aws.putClass('named', [{ objectName: 'named/a' }]);
      const volume = await aws.createVolume('named', 'other');
      await volume.publish();
      expect(volume.read('named_a')).toBe(value);
      expect(callsToApiServer(stand().run.cluster.auditLog, 'serviceaccounts/other')).toEqual([]);
    });
  });

  describe('through the agent of Pod Identity', () => {
    it('hands its own token to the agent, and every pod gets credentials of its own', async () => {
      const { value } = await aws.putSecret('agent/a');
      const parameter = await aws.putParameter('/agent/b');
      const objects = [{ objectName: 'agent/a' }, { objectName: '/agent/b', objectType: 'ssmparameter' }];
      await aws.putClass('agent', objects, { usePodIdentity: 'true', roleArn: '' });
      const [one, two] = [await aws.createVolume('agent'), await aws.createVolume('agent')];
      aws.front.forget();

      await one.publish();

      expect([one.read('agent_a'), one.read('_agent_b')]).toEqual([value, parameter]);
      expect(await one.versions()).toMatchObject({ _agent_b: '1' });
      const [login, ...reads] = aws.front.requests;
      expect(login).toMatchObject({ action: 'GetCredentials', input: {} });
      expect(readPodToken(login?.headers['authorization'])).toEqual(tokenOf(one.pod, 'pods.eks.amazonaws.com'));
      expect(reads.map(({ action, input }) => ({ action, input })).toSorted(byAction)).toEqual([
        { action: 'GetParameters', input: { Names: ['/agent/b'], WithDecryption: true } },
        { action: 'GetSecretValue', input: { SecretId: 'agent/a' } },
      ]);
      expect(new Set(reads.map(({ accessKeyId }) => accessKeyId)).size).toBe(1);

      await one.publish();
      expect(aws.front.count('GetCredentials')).toBe(1);
      await two.publish();
      expect(aws.front.count('GetCredentials')).toBe(2);
      expect(new Set(aws.front.requests.map(({ accessKeyId }) => accessKeyId)).size).toBe(3);
    });
  });

  describe('when a secret is rotated', () => {
    it('keeps file and version until the stage AWSCURRENT moves, and then gets the new ones', async () => {
      const { moto } = aws.front;
      const before = await aws.putSecret('rotated');
      await aws.putClass('rotated', [{ objectName: 'rotated' }], { refreshInterval: '200ms' });
      const volume = await aws.createVolume('rotated');
      await volume.publish();
      const value = stand().evidence.newSecret('rotated, pending');
      const version = await moto.putSecretValue('us-east-1', 'rotated', { value, stage: 'AWSPENDING' });

      const [reads, wanted] = [aws.front.count('GetSecretValue'), 2];
      await republishUntil(volume, () => aws.front.count('GetSecretValue') >= reads + wanted);
      expect(volume.read('rotated')).toBe(before.value);
      expect(await volume.versions()).toEqual({ rotated: before.version });

      await moto.moveStage('us-east-1', 'rotated', { stage: 'AWSCURRENT', to: version, from: before.version });
      await republishUntil(volume, () => volume.read('rotated') === value);
      expect(await volume.versions()).toEqual({ rotated: version });
    });

    it('gets the version of a label or an id where the class names one', async () => {
      const old = await aws.putSecret('labelled');
      const value = stand().evidence.newSecret('labelled, pending');
      const stage = 'AWSPENDING';
      const version = await aws.front.moto.putSecretValue('us-east-1', 'labelled', { value, stage });
      await aws.putClass('labelled', [
        { objectName: 'labelled', objectAlias: 'pending', objectVersionLabel: stage },
        { objectName: 'labelled', objectAlias: 'pinned', objectVersion: old.version },
      ]);
      const volume = await aws.createVolume('labelled');
      await volume.publish();
      expect([volume.read('pending'), volume.read('pinned')]).toEqual([value, old.value]);
      expect(await volume.versions()).toEqual({ pending: version, pinned: old.version });
    });
  });

  describe('with many parameters', () => {
    it.for([
      { count: 12, calls: [10, 2] },
      { count: 120, calls: Array.from({ length: 12 }, () => 10) },
    ])('gets $count of them with one call for each ten', async ({ count, calls }) => {
      const names = Array.from({ length: count }, (_, index) => `/many-${count}/${index}`);
      const values = await Promise.all(names.map((name) => aws.putParameter(name)));
      const objects = names.map((name): AwsObject => ({ objectName: name, objectType: 'ssmparameter' }));
      await aws.putClass(`many-${count}`, objects);
      const volume = await aws.createVolume(`many-${count}`);
      aws.front.forget();

      await volume.publish();

      expect(names.map((name) => volume.read(name.replaceAll('/', '_')))).toEqual(values);
      const asked = aws.front.requests.filter(({ action }) => action === 'GetParameters');
      expect(asked.map(({ input }) => [input['Names']].flat().length).toSorted((a, b) => b - a)).toEqual(calls);
      expect(new Set(asked.flatMap(({ input }) => input['Names']))).toEqual(new Set(names));
    });
  });

  describe('with a class of the provider lockstep', () => {
    it('gets files of Vault and of AWS in one volume', async () => {
      const password = await stand().putSecret('mixed');
      const { value, version } = await aws.putSecret('mixed/api');
      const parameter = await aws.putParameter('/mixed/level');
      await stand().putProviderClass('mixed', 'lockstep', {
        roleName: 'app',
        vaultAddress: stand().proxy.address,
        region: 'us-east-1',
        roleArn,
        objects: stringify([
          { provider: 'vault', objectName: 'password', secretPath: 'secret/data/mixed', secretKey: 'value' },
          { provider: 'aws', objectName: 'mixed/api', objectType: 'secretsmanager', objectAlias: 'api' },
          { provider: 'aws', objectName: '/mixed/level', objectType: 'ssmparameter', objectAlias: 'level' },
        ]),
      });
      const volume = await aws.createVolume('mixed');

      await volume.publish();

      expect(volume.files().toSorted()).toEqual(['api', 'level', 'password']);
      expect([volume.read('password'), volume.read('api'), volume.read('level')]).toEqual([password, value, parameter]);
      expect(await volume.versions()).toMatchObject({ api: version, level: '1', password: expect.any(String) });
    });

    it('is refused with both stores where both fail', async () => {
      await stand().putProviderClass('mixed-absent', 'lockstep', {
        roleName: 'app',
        vaultAddress: stand().proxy.address,
        region: 'us-east-1',
        roleArn,
        objects: stringify([
          { provider: 'vault', objectName: 'one', secretPath: 'secret/data/mixed-absent', secretKey: 'value' },
          { provider: 'aws', objectName: 'mixed/absent', objectType: 'secretsmanager', objectAlias: 'two' },
        ]),
      });
      const refusal = await (await aws.createVolume('mixed-absent')).publishRefused();
      expect(refusal.providerStatus).toBe('NotFound');
      expect(refusal.message).toContain('secret/data/mixed-absent');
      expect(refusal.message).toContain('mixed/absent');
    });
  });
});

/** `METHOD PATH` of what the daemon asked the API server. */
function callsToApiServer(auditLog: string, object: string): readonly string[] {
  return readFileSync(auditLog, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"username":"lockstep-provider"') && line.includes(object))
    .map((line) => `${/"verb":"(\w+)"/.exec(line)?.[1]?.toUpperCase()} ${/"requestURI":"([^"]*)"/.exec(line)?.[1]}`);
}

function byAction(one: { readonly action: string }, other: { readonly action: string }): number {
  return one.action < other.action ? -1 : 1;
}
