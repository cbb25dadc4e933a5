import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { ChartIdentity } from './harness/chart-identity.ts';
import { nodeName, nodeRegion } from './harness/control-plane.ts';
import { e2e } from './harness/e2e.ts';
import { type Cluster, KubeApi } from './harness/kube-api.ts';
import { writeKubeconfig } from './harness/kubeconfig.ts';
import type { Provider } from './harness/provider.ts';

const slug = 'chart-provider';
const system = `${slug}-system`;
const identity = new ChartIdentity('provider', ['provider.providers={vault,aws}']);
const secretKey = { objectName: 'a', secretPath: 'secret/data/chart/mounted', secretKey: 'value' };

e2e('The provider of the chart', slug, (stand) => {
  const kubeconfig = (): string => join(stand().dir, 'chart.kubeconfig');
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    const { kube, evidence, run } = stand();
    cluster = run.cluster;
    const token = await identity.create({ kube, system, namespaces: 'all' });
    evidence.mark('the provider’s own token', token);
    writeKubeconfig(kubeconfig(), { server: run.cluster.server, ca: run.cluster.ca, token });
    // As the downward API says it.
    stand().environment = { NODE_NAME: nodeName };
    const objects = '- { objectName: shop/none, objectType: secretsmanager }';
    await stand().putProviderClass('role', 'aws', { objects, region: nodeRegion });
    await stand().putProviderClass('region', 'aws', { objects, roleArn: 'arn:aws:iam::123456789012:role/none' });
  });
  afterAll(async () => {
    // The stand has ended.
    const kube = cluster && new KubeApi(cluster);
    if (kube) await identity.remove(kube);
    await kube?.close();
  });

  const start = (): Promise<Provider> => {
    // The stand has its own file with the key.
    const flags = identity.flags.filter((flag) => !flag.startsWith('--version-key-file='));
    return stand().startProvider(...flags, `--kubeconfig=${kubeconfig()}`);
  };
  const refusal = async (className: string): Promise<string> => {
    const volume = await stand().createVolume(className, { audiences: ['sts.amazonaws.com'] });
    return (await volume.publishRefused()).message;
  };

  it('serves a mount, and knows its region, with the rights and flags that the chart gives it', async () => {
    const value = await stand().putSecret('chart/mounted');
    await stand().putClass('mounted', [secretKey]);
    const provider = await start();
    const volume = await stand().createVolume('mounted');

    await volume.publish();
    expect(volume.read('a')).toBe(value);
    expect(provider.log()).toContain(`"value":"${nodeRegion}","msg":"region of the node learned"`);
    expect(await refusal('role')).toContain('eks.amazonaws.com/role-arn');
    await stand().stopProvider(provider);
  });

  it('has these rules and no others', () => {
    expect(identity.rules).toEqual(['serviceaccounts: get', 'nodes: get']);
  });

  it('without serviceaccounts: breaks roles of AWS that classes leave to the account', async () => {
    await using _without = await identity.without('serviceaccounts: get');
    const provider = await start();

    const message = await refusal('role');
    expect(message).toContain(`no role for service account ${slug}/app: the API server answered 403`);
    expect(message).toContain("let lockstep's service account get serviceaccounts, or set roleArn");
    await stand().stopProvider(provider);
  });

  it('without nodes: breaks classes of AWS that name no region', async () => {
    await using _without = await identity.without('nodes: get');
    const provider = await start();

    expect(await refusal('region')).toMatch(/region/);
    expect(provider.log()).toContain('region of the node not learned yet');
    await stand().stopProvider(provider);
  });
});
