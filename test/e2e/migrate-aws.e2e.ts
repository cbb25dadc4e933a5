import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { AwsFront } from './harness/aws-front.ts';
import { nodeRegion } from './harness/control-plane.ts';
import { mainFile } from './harness/controller.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import { run } from './harness/kubectl.ts';

controllerE2e({ name: 'Leaving External Secrets Operator with AWS', slug: 'migrate-aws' }, (stand) => {
  let front: AwsFront;
  beforeAll(async () => {
    const { run: servers, dir, evidence, kube, tenant } = stand();
    front = await AwsFront.start({ runDir: servers.runDir, dir }, evidence);
    stand().environment = front.environment;
    await kube.call('PATCH', `/api/v1/namespaces/${tenant.namespace}/serviceaccounts/app`, {
      metadata: { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/app' } },
    });
    await stand().startController('--interval=1h');
  });
  afterAll(async () => await front.close());

  /** Manifests as they stand in Git, translated and applied. */
  async function translate(name: string, objects: readonly object[]): Promise<void> {
    const dir = join(stand().dir, name);
    mkdirSync(dir);
    const input = join(dir, 'in.yaml');
    const { namespace } = stand().tenant;
    const manifests = objects.map((each) => ({ apiVersion: 'external-secrets.io/v1beta1', ...each }));
    writeFileSync(input, manifests.map((each) => JSON.stringify(each)).join('\n---\n'));
    const { code, output } = await run(process.execPath, [mainFile, 'migrate', '-f', input, '-o', dir]);
    stand().evidence.add('commands', output);
    expect({ code, output }).toEqual({ code: 0, output: '1 object translated, 0 errors, 0 warnings\n' });
    const file = join(dir, namespace, `${name}.yaml`);
    stand().evidence.add('manifests', readFileSync(file, 'utf8'));
    const applied = await stand().kubectl('apply', '-f', file);
    expect(applied).toMatchObject({ code: 0 });
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
    await tenant.untilSync('parts', 'to have compared', ({ status }) => status?.secrets?.[0]?.state === 'Absent');

    await tenant.putForeign('parts', { user: user ?? '', whole: json, parameter: parameter ?? '' });
    await tenant.kube.call('PATCH', tenant.syncPath('parts'), {
      metadata: { annotations: { 'lockstep.dev/force-sync': '1' } },
    });

    await tenant.untilSync('parts', 'to be identical', ({ status }) => status?.secrets?.[0]?.state === 'Identical');
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

    await tenant.untilSync('all', 'to be identical', ({ status }) => status?.secrets?.[0]?.state === 'Identical');
  });
});
