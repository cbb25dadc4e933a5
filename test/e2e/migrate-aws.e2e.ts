import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { AwsFront } from './harness/aws-front.ts';
import { nodeRegion } from './harness/control-plane.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import { Guide } from './harness/guide.ts';
import type { SyncView } from './harness/tenant-objects.ts';

controllerE2e({ name: 'Leaving External Secrets Operator with AWS', slug: 'migrate-aws' }, (stand) => {
  let front: AwsFront;
  let guide: Guide;
  beforeAll(async () => {
    const { run: servers, dir, evidence, kube, tenant } = stand();
    front = await AwsFront.start({ runDir: servers.runDir, dir }, evidence);
    stand().environment = front.environment;
    await kube.call('PATCH', `/api/v1/namespaces/${tenant.namespace}/serviceaccounts/app`, {
      metadata: { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/app' } },
    });
    await stand().startController('--interval=1h');
    guide = new Guide('migration.md', {
      kubeconfig: servers.cluster.kubeconfig,
      dir: join(dir, 'guide'),
      onOutput: (output) => evidence.add('commands', output),
    });
  });
  afterAll(async () => await front.close());

  /** Manifests as they stand in Git, translated and applied. */
  async function translate(name: string, objects: readonly object[]): Promise<void> {
    const manifests = objects.map((each) => ({ apiVersion: 'external-secrets.io/v1beta1', ...each }));
    guide.write(`${name}.yaml`, manifests);
    const translated = await guide.sh(`lockstep migrate -f ${name}.yaml -o ${name}`);
    expect(translated).toEqual({ code: 0, output: '1 object translated, 0 errors, 0 warnings\n' });
    const file = join(guide.dir, name, stand().tenant.namespace, `${name}.yaml`);
    stand().evidence.add('manifests', readFileSync(file, 'utf8'));
    expect(await guide.sh(`kubectl apply -R -f ${name}`)).toMatchObject({ code: 0 });
  }

  /** What Shadow says of the one Secret of a sync, once that is no more what it said before. */
  async function compared(name: string, before?: string): Promise<string | undefined> {
    const stateOf = ({ status }: SyncView): string | undefined => status?.secrets?.[0]?.state;
    const isNew = (sync: SyncView): boolean => stateOf(sync) !== undefined && stateOf(sync) !== before;
    return stateOf(await stand().tenant.untilSync(name, 'to have compared', isNew));
  }

  const store = (name: string, service: string) => ({
    kind: 'SecretStore',
    metadata: { name, namespace: stand().tenant.namespace },
    spec: { provider: { aws: { service, region: nodeRegion, auth: { jwt: { serviceAccountRef: { name: 'app' } } } } } },
  });
  const externalSecret = (name: string, spec: object) => ({
    kind: 'ExternalSecret',
    metadata: { name, namespace: stand().tenant.namespace },
    spec,
  });

  it('parts of a secret of Secrets Manager, the whole of it, and a parameter are what the operator made of them', async () => {
    const { tenant, evidence } = stand();
    const [user, nested, parameter] = ['user', 'nested', 'parameter'].map((label) => evidence.newSecret(label));
    const json = JSON.stringify({ user, 'more-of': { it: nested } });
    evidence.mark('the whole secret', json);
    await front.moto.createSecret(nodeRegion, 'prod/app', json);
    await front.moto.putParameter(nodeRegion, '/prod/parameter', parameter ?? '');
    const entry = (secretKey: string, remoteRef: object, storeName = 'sm') => ({
      secretKey,
      remoteRef,
      sourceRef: { storeRef: { name: storeName, kind: 'SecretStore' } },
    });
    await translate('parts', [
      store('sm', 'SecretsManager'),
      store('ssm', 'ParameterStore'),
      externalSecret('parts', {
        data: [
          entry('user', { key: 'prod/app', property: 'user' }),
          entry('whole', { key: 'prod/app' }),
          entry('parameter', { key: '/prod/parameter' }, 'ssm'),
        ],
      }),
    ]);
    expect(await compared('parts')).toBe('Absent');

    await tenant.putForeign('parts', { user: user ?? '', whole: json, parameter: parameter ?? '' });
    await tenant.kube.call('PATCH', tenant.syncPath('parts'), {
      metadata: { annotations: { 'lockstep.dev/force-sync': '1' } },
    });

    expect(await compared('parts', 'Absent')).toBe('Identical');
  });

  it('an extracted secret is, too', async () => {
    const { tenant, evidence } = stand();
    const [a, b] = ['a', 'b'].map((label) => evidence.newSecret(label));
    await front.moto.createSecret(nodeRegion, 'extracted', JSON.stringify({ a, b, number: 5 }));
    await tenant.putForeign('all', { a: a ?? '', b: b ?? '', number: '5' });
    await translate('all', [
      store('sm', 'SecretsManager'),
      externalSecret('all', { secretStoreRef: { name: 'sm' }, dataFrom: [{ extract: { key: 'extracted' } }] }),
    ]);

    expect(await compared('all')).toBe('Identical');
  });
});
