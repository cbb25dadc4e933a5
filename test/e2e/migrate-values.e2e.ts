import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { controllerE2e } from './harness/controller-e2e.ts';
import { AwsFront } from './harness/aws-front.ts';
import { nodeRegion } from './harness/control-plane.ts';
import { Operator, operatorObject } from './harness/eso.ts';
import { Guide } from './harness/guide.ts';
import { KubeApi, type KubeObject } from './harness/kube-api.ts';
import type { SyncView } from './harness/tenant-objects.ts';
import { until } from './harness/until.ts';

interface Case {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
  /** What migrate says of it; nothing unless given. */
  readonly warning?: string;
}

const datum = (secretKey: string, remoteRef: object, store: string) => ({
  secretKey,
  remoteRef,
  sourceRef: { storeRef: { name: store, kind: 'SecretStore' } },
});
const entry = (remoteRef: object, store = 'vault') => ({ data: [datum('k', remoteRef, store)] });
const extract = (...refs: readonly object[]) => ({ dataFrom: refs.map((ref) => ({ extract: ref })) });

/** Secrets of Vault by path below `secret/data/`. */
const plain = { user: 'me', 'pass-word': 'p&<>"é', 'a.b': 'dotted', number: 1234567.5, flag: true, none: '' };
const vaultCases: readonly Case[] = [
  { name: 'key', spec: entry({ key: 'plain', property: 'pass-word' }) },
  { name: 'key-with-engine', spec: entry({ key: 'secret/plain', property: 'user' }) },
  { name: 'key-with-data', spec: entry({ key: 'data/plain', property: 'user' }) },
  { name: 'key-with-both', spec: entry({ key: 'secret/data/plain', property: 'user' }) },
  { name: 'key-in-folder', spec: entry({ key: 'folder/plain', property: 'user' }) },
  { name: 'no-engine', spec: entry({ key: 'secret/plain', property: 'user' }, 'no-engine') },
  { name: 'no-engine-with-data', spec: entry({ key: 'secret/data/folder/plain', property: 'user' }, 'no-engine') },
  { name: 'version-1', spec: entry({ key: 'one', property: 'k' }, 'kv1') },
  { name: 'version-1-with-engine', spec: entry({ key: 'kv1/one', property: 'k' }, 'kv1') },
  { name: 'old-version', spec: entry({ key: 'versioned', property: 'k', version: '1' }) },
  { name: 'number', spec: entry({ key: 'plain', property: 'number' }) },
  { name: 'boolean', spec: entry({ key: 'plain', property: 'flag' }) },
  { name: 'empty', spec: entry({ key: 'plain', property: 'none' }) },
  { name: 'nested', spec: entry({ key: 'nested', property: 'json' }) },
  { name: 'dotted', spec: entry({ key: 'plain', property: 'a.b' }), warning: 'property' },
  { name: 'base64', spec: entry({ key: 'encoded', property: 'k', decodingStrategy: 'Base64' }) },
  { name: 'extracted', spec: extract({ key: 'folder/plain' }) },
  { name: 'extracted-part', spec: extract({ key: 'nested', property: 'text' }) },
  { name: 'extracted-twice', spec: extract({ key: 'folder/plain' }, { key: 'one-more' }) },
  {
    name: 'extracted-and-single',
    spec: { ...extract({ key: 'folder/plain' }), ...entry({ key: 'encoded', property: 'k' }) },
  },
  {
    name: 'renamed',
    spec: {
      ...extract({ key: 'folder/plain' }),
      target: {
        template: { type: 'kubernetes.io/basic-auth', data: { username: '{{ .user }}', password: '{{ .secret }}' } },
      },
    },
  },
  {
    name: 'merged',
    spec: {
      ...extract({ key: 'folder/plain' }),
      target: { template: { mergePolicy: 'Merge', data: { again: '{{ .user }}' } } },
    },
  },
];

const json = JSON.stringify({
  user: 'me',
  'pass-word': 'p',
  nested: { list: ['a', { name: 'b' }] },
  number: 5,
  'a.b': 'x',
});
const awsCases: readonly Case[] = [
  { name: 'aws-whole', spec: entry({ key: 'app' }, 'sm') },
  { name: 'aws-property', spec: entry({ key: 'app', property: 'pass-word' }, 'sm') },
  { name: 'aws-nested', spec: entry({ key: 'app', property: 'nested.list.1.name' }, 'sm'), warning: 'property' },
  { name: 'aws-escaped', spec: entry({ key: 'app', property: String.raw`a\.b` }, 'sm') },
  { name: 'aws-stage', spec: entry({ key: 'app', property: 'user', version: 'AWSCURRENT' }, 'sm') },
  { name: 'aws-extracted', spec: { secretStoreRef: { name: 'sm' }, ...extract({ key: 'app' }) } },
  { name: 'aws-parameter', spec: entry({ key: '/prod/parameter' }, 'ssm') },
  { name: 'aws-parameter-part', spec: entry({ key: '/prod/json', property: 'user' }, 'ssm') },
  {
    name: 'aws-two-stores',
    spec: { data: [datum('a', { key: 'app', property: 'user' }, 'sm'), datum('b', { key: '/prod/parameter' }, 'ssm')] },
  },
  {
    name: 'vault-and-aws',
    spec: {
      data: [
        datum('a', { key: 'app', property: 'user' }, 'sm'),
        datum('b', { key: 'plain', property: 'user' }, 'vault'),
      ],
    },
  },
  { name: 'aws-parameter-version', spec: entry({ key: '/prod/parameter', version: '1' }, 'ssm') },
];

controllerE2e({ name: 'What External Secrets Operator makes, lockstep makes too', slug: 'migrate-values' }, (stand) => {
  let kube: KubeApi;
  let front: AwsFront;
  let operator: Operator;
  let guide: Guide;
  let stores: readonly KubeObject[];
  beforeAll(async () => {
    const { run, dir, evidence, tenant } = stand();
    kube = new KubeApi(run.cluster);
    front = await AwsFront.start({ runDir: run.runDir, dir }, evidence);
    stand().environment = front.environment;
    const role = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/app' };
    const account = `/api/v1/namespaces/${tenant.namespace}/serviceaccounts/app`;
    await kube.call('PATCH', account, { metadata: { annotations: role } });
    operator = await Operator.start(run, kube, {
      log: join(dir, 'operator.log'),
      env: operatorEnvironment(front.environment),
    });
    await stand().startController('--interval=1h');
    const { kubeconfig } = run.cluster;
    guide = new Guide('migration.md', {
      kubeconfig,
      dir: join(dir, 'guide'),
      onOutput: (output) => evidence.add('commands', output),
    });
    await fill();
    stores = createStores();
    for (const store of stores) await operator.put(store);
  });
  afterAll(async () => {
    await operator.stop();
    await front.close();
    await kube.close();
  });

  function createStores(): readonly KubeObject[] {
    const auth = { kubernetes: { role: 'app', serviceAccountRef: { name: 'app', audiences: ['vault'] } } };
    const vault = { server: stand().proxy.address, auth };
    const aws = { region: nodeRegion, auth: { jwt: { serviceAccountRef: { name: 'app' } } } };
    const { namespace } = stand().tenant;
    const of = (name: string, provider: object): KubeObject =>
      operatorObject('SecretStore', { namespace, name }, { provider });
    return [
      of('vault', { vault: { ...vault, path: 'secret', version: 'v2' } }),
      of('no-engine', { vault: { ...vault, version: 'v2' } }),
      of('kv1', { vault: { ...vault, path: 'kv1', version: 'v1' } }),
      of('sm', { aws: { ...aws, service: 'SecretsManager' } }),
      of('ssm', { aws: { ...aws, service: 'ParameterStore' } }),
    ];
  }

  /** Fresh canaries would make every key differ; what is read here is no secret. */
  async function fill(): Promise<void> {
    const { vault } = stand();
    const put = (path: string, data: string): Promise<unknown> =>
      vault.call('POST', `secret/data/${path}`, { data: JSON.parse(data) as object });
    await vault.putSecret('witness', { value: stand().evidence.newSecret('witness') });
    await put('plain', JSON.stringify(plain));
    await put('data/plain', '{"user":"somebody else"}');
    await put('folder/plain', '{"user":"you","secret":"s"}');
    await put('one-more', '{"more":"yes"}');
    await put('versioned', '{"k":"first"}');
    await put('versioned', '{"k":"second"}');
    await put('nested', '{"json":{"b":[1,2.5,"<&>"],"a":null},"text":"{\\"x\\":\\"1\\",\\"y\\":{\\"z\\":true}}"}');
    await put('encoded', `{"k":"${Buffer.from('plain text').toString('base64')}"}`);
    await vault.call('POST', 'kv1/one', { k: 'v1' });
    await front.moto.createSecret(nodeRegion, 'app', json);
    await front.moto.putParameter(nodeRegion, '/prod/parameter', 'of the store');
    await front.moto.putParameter(nodeRegion, '/prod/json', json);
  }

  describe.for([...vaultCases, ...awsCases])('$name', ({ name, spec, warning }) => {
    it('is identical', async () => {
      const { tenant } = stand();
      const { namespace } = tenant;
      const declared = operatorObject(
        'ExternalSecret',
        { namespace, name },
        { secretStoreRef: { name: 'vault' }, ...spec },
      );
      await operator.put(declared);
      const isMade = async (): Promise<boolean> => (await tenant.readSecret(name)) !== undefined;
      await until(isMade, { what: `the operator to make ${name}`, timeoutMs: 20_000 });

      guide.write(`${name}.yaml`, [...stores, declared]);
      const { code, output } = await guide.sh(
        `lockstep migrate -f ${name}.yaml -o ${name}; kubectl apply -R -f ${name}`,
      );

      expect(code).toBe(0);
      expect(output).toContain(`1 object translated, 0 errors, ${warning === undefined ? '0 warnings' : '1 warning'}`);
      const hasSettled = ({ status }: SyncView): boolean => status?.secrets !== undefined;
      const { status } = await tenant.untilSync(name, 'to have compared', hasSettled);
      expect(status?.secrets).toEqual([{ name, state: 'Identical' }]);
    });
  });
});

/** As it names the endpoints. */
function operatorEnvironment(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const address = Object.values(environment).find((value) => value.startsWith('http')) ?? '';
  return {
    AWS_SECRETSMANAGER_ENDPOINT: address,
    AWS_SSM_ENDPOINT: address,
    AWS_STS_ENDPOINT: address,
  };
}
