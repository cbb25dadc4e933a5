import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FakeAws } from '../test/fakes/aws-server.ts';
import { DriverClient } from '../test/fakes/driver-client.ts';
import { FakeVault } from '../test/fakes/vault-server.ts';
import { createProviderApp } from './provider-app.ts';
import type { Daemon } from './cli/daemon.ts';
import { readProviderConfig } from './config/provider-config.ts';
import { formatProblem } from './core/problem.ts';
import type { MountRequest } from './gen/v1alpha1/service.ts';

let home: string;
let vault: FakeVault;
let aws: FakeAws;
let app: Daemon | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'la-'));
  vault = await FakeVault.start();
  vault.secrets.set('secret/data/shop', { data: { password: 's3cret' } });
  aws = await FakeAws.start();
  aws.secrets.set('eu-west-1', 'shop/db', '{"user":"alice"}');
  aws.parameters.set('eu-west-1', '/shop/level', 'debug');
  await writeFile(join(home, 'key'), Buffer.alloc(32, 'k'));
});

afterEach(async () => {
  await app?.stop(AbortSignal.abort());
  app = undefined;
  await aws[Symbol.asyncDispose]();
  await vault[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function start(given: Record<string, string>): Promise<void> {
  const flags = { providerDir: home, metricsAddress: 'off', versionKeyFile: join(home, 'key'), ...given };
  const env = { VAULT_ADDR: vault.address, AWS_ENDPOINT_URL: aws.address, AWS_REGION: 'eu-west-1' };
  const config = readProviderConfig(flags, env);
  if (!config.ok) throw new Error(config.problems.map(formatProblem).join('\n'));
  app = await createProviderApp(config.value, { write: () => {} });
  await app.start(new AbortController().signal);
}

function request(overrides: Record<string, string>): MountRequest {
  const attributes = {
    roleName: 'shop',
    'csi.storage.k8s.io/pod.name': 'web-1',
    'csi.storage.k8s.io/pod.uid': 'uid-1',
    'csi.storage.k8s.io/pod.namespace': 'shop',
    'csi.storage.k8s.io/serviceAccount.name': 'web',
    'csi.storage.k8s.io/serviceAccount.tokens': tokens,
    ...overrides,
  };
  const text = JSON.stringify(attributes);
  return {
    attributes: text,
    secrets: 'null',
    targetPath: '/pods/uid-1/mount',
    permission: '420',
    currentObjectVersion: [],
  };
}

function connect(name: string): DriverClient {
  return new DriverClient(join(home, `${name}.sock`));
}

const roleArn = 'arn:aws:iam::123456789012:role/shop';
const tokens = JSON.stringify({ 'sts.amazonaws.com': { token: 'pod-jwt' }, vault: { token: 'pod-jwt' } });
const ofAws = `- {provider: aws, objectName: shop/db, objectType: secretsmanager, jmesPath: [{path: user, objectAlias: user}]}
- {provider: aws, objectName: /shop/level, objectType: ssmparameter, objectAlias: level}
`;

describe('the provider for AWS', () => {
  it('answers with files of both stores, and versions as they name them', async () => {
    await start({ providers: 'aws,lockstep' });
    using mixed = connect('lockstep');
    using plain = connect('aws');
    const ofVault = '- {provider: vault, objectName: password, secretPath: secret/data/shop, secretKey: password}\n';

    expect(await mixed.mount(request({ roleArn, objects: ofVault + ofAws }))).toMatchObject({
      ok: true,
      reply: {
        files: [{ path: 'password' }, { path: 'shop_db' }, { path: 'user' }, { path: 'level' }],
        objectVersion: [
          { id: 'password' },
          { id: 'shop_db', version: 'version-of-shop/db' },
          { id: 'user', version: 'version-of-shop/db' },
          { id: 'level', version: '1' },
        ],
      },
    });
    expect(await plain.mount(request({ roleArn, objects: ofAws }))).toMatchObject({
      ok: true,
      reply: { files: [{ path: 'shop_db' }, { path: 'user' }, { path: 'level' }] },
    });
    expect(aws.calls.filter((call) => call.startsWith('Get'))).toHaveLength(2);
  });

  it('asks for a role by name when there is no Kubernetes', async () => {
    await start({ providers: 'aws' });
    using driver = connect('aws');
    const answer = await driver.mount(request({ objects: ofAws }));

    expect(answer).toMatchObject({
      ok: false,
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('roleArn') as string,
    });
  });

  it('answers a class without objects with one version', async () => {
    await start({ providers: 'aws' });
    using driver = connect('aws');

    expect(await driver.mount(request({ objects: '[]' }))).toMatchObject({
      ok: true,
      reply: { files: [], objectVersion: [{ id: '.lockstep' }] },
    });
  });

  it('names a kubeconfig that cannot be used at the start', async () => {
    await expect(start({ providers: 'aws', kubeconfig: join(home, 'none') })).rejects.toThrow('does not exist');
  });
});
