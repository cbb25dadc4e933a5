import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { irsaAudience } from '../../src/core/aws-ref.ts';
import { AwsFront } from './harness/aws-front.ts';
import { nodeRegion } from './harness/control-plane.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import type { SecretObjectOptions } from './harness/tenant-objects.ts';

const roleAnnotation = 'eks.amazonaws.com/role-arn';
const toRole = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;

controllerE2e({ name: 'AWS without a pod', slug: 'sync-aws' }, (stand) => {
  let front: AwsFront;
  beforeAll(async () => {
    const { run, dir, evidence } = stand();
    front = await AwsFront.start({ runDir: run.runDir, dir }, evidence);
    stand().environment = front.environment;
    await annotate(toRole('app'));
    await stand().startController('--interval=1h');
  });
  afterAll(async () => await front.close());

  async function annotate(role: string): Promise<void> {
    const path = `/api/v1/namespaces/${stand().tenant.namespace}/serviceaccounts/app`;
    await stand().kube.call('PATCH', path, { metadata: { annotations: { [roleAnnotation]: role } } });
  }

  async function putSecret(name: string): Promise<string> {
    const value = stand().evidence.newSecret(name);
    await front.moto.createSecret(nodeRegion, name, value);
    return value;
  }

  async function put(name: string, objects: readonly object[], parameters: Readonly<Record<string, string>> = {}) {
    const { tenant } = stand();
    const data = objects.map((_, index) => ({ objectName: `${name}-${index}`, key: String.fromCodePoint(97 + index) }));
    const secretObjects: readonly SecretObjectOptions[] = [{ secretName: name, data }];
    const named = objects.map((object, index) => ({ objectAlias: `${name}-${index}`, ...object }));
    const own = { region: nodeRegion, objects: stringify(named) };
    await tenant.putClass(name, { provider: 'aws', parameters: { ...own, ...parameters }, secretObjects, bare: true });
    await tenant.putSync(name);
  }

  const secret = (name: string) => ({ objectName: name, objectType: 'secretsmanager' });

  it('a secret and a parameter are synced with the role of the service account', async () => {
    const { tenant, evidence } = stand();
    const value = await putSecret('shop');
    const parameter = evidence.newSecret('a parameter');
    await front.moto.putParameter(nodeRegion, '/shop/parameter', parameter);
    await put('shop', [secret('shop'), { objectName: '/shop/parameter', objectType: 'ssmparameter' }]);
    await tenant.ready('shop');
    expect((await tenant.readSecret('shop'))?.data).toEqual({ a: value, b: parameter });
    const [login] = front.requests.filter(({ action }) => action === 'AssumeRoleWithWebIdentity');
    expect(JSON.stringify(login?.input)).toContain(toRole('app'));
    const claims = JSON.parse(
      Buffer.from(JSON.stringify(login?.input).split('.')[1] ?? '', 'base64url').toString(),
    ) as object;
    expect(claims).toMatchObject({ aud: [irsaAudience], sub: 'system:serviceaccount:sync-aws:app' });
  });

  it('a new role of the service account counts at once', async () => {
    await putSecret('role');
    await put('role', [secret('role')]);
    await stand().tenant.ready('role');
    front.forget();
    await annotate(toRole('next'));
    const asked = (): string => JSON.stringify(front.requests.map(({ input }) => input));
    await expect.poll(asked, { timeout: 10_000 }).toContain(toRole('next'));
  });

  it('Pod Identity, which needs a pod, is refused with the remedy', async () => {
    await putSecret('pod-identity');
    await put('pod-identity', [secret('pod-identity')], { usePodIdentity: 'true' });
    const { message } = await stand().tenant.reason('pod-identity', 'PodIdentityUnsupported');
    expect(message).toContain('eks.amazonaws.com/role-arn');
    expect(front.count('GetCredentials')).toBe(0);
  });

  it('one Secret may hold values of Vault and of AWS', async () => {
    const { tenant, proxy } = stand();
    const values = [await stand().putSecret('both'), await putSecret('both')];
    const objects = [
      { provider: 'vault', objectName: 'one', secretPath: 'secret/data/both', secretKey: 'value' },
      { provider: 'aws', objectName: 'both', objectType: 'secretsmanager', objectAlias: 'two' },
    ];
    const data = ['one', 'two'].map((objectName) => ({ objectName, key: objectName }));
    await tenant.putClass('both', {
      provider: 'lockstep',
      bare: true,
      parameters: { roleName: 'app', vaultAddress: proxy.address, region: nodeRegion, objects: stringify(objects) },
      secretObjects: [{ secretName: 'both', data }],
    });
    await tenant.putSync('both');
    await tenant.ready('both');
    expect((await tenant.readSecret('both'))?.data).toEqual({ one: values[0], two: values[1] });
  });
});
