import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiStand } from './harness/api-e2e.ts';
import { ChartIdentity } from './harness/chart-identity.ts';
import { controllerE2e } from './harness/controller-e2e.ts';
import type { KubeApi } from './harness/kube-api.ts';
import { syncGroup } from './harness/tenant.ts';
import { soon, until } from './harness/until.ts';

const slug = 'chart-rbac';
const system = `${slug}-system`;
const identity = new ChartIdentity('controller', [
  `controller.namespaces={${slug}}`,
  'controller.audiences={vault,https://v.example}',
]);

/** What no longer works without a rule, and what the log says about it. */
const broken: readonly Broken[] = [
  {
    rule: 'secretproviderclasssyncs: get list watch create patch delete',
    feature: 'everything: no sync is found',
    says: `lockstep may not list secretproviderclasssyncs.lockstep.dev in namespace ${slug}`,
  },
  {
    rule: 'secretproviderclasssyncs/status: patch',
    feature: 'the status, and not the Secret',
    says: `lockstep may not patch secretproviderclasssyncs.lockstep.dev/status in namespace ${slug}`,
    isKept: true,
  },
  {
    rule: 'secretproviderclasses: get list watch',
    feature: 'every sync, in its condition too',
    says: `lockstep may not list secretproviderclasses.secrets-store.csi.x-k8s.io in namespace ${slug}`,
    reason: 'KubeForbidden',
  },
  {
    rule: 'secrets: get list watch create patch delete',
    feature: 'every Secret, in the condition too',
    says: `lockstep may not list secrets in namespace ${slug}`,
    reason: 'KubeForbidden',
  },
  {
    rule: 'serviceaccounts: get list watch',
    feature: 'roles of AWS that accounts name, and nothing of Vault',
    says: `lockstep may not list serviceaccounts in namespace ${slug}`,
    isKept: true,
  },
  {
    rule: 'serviceaccounts/token: create',
    feature: 'every login, in the condition too',
    says: `no token of service account ${slug}/app: lockstep may not create serviceaccounts/token in namespace ${slug}`,
    reason: 'TokenRequestFailed',
  },
  {
    rule: 'events: create patch',
    feature: 'events, and nothing else',
    says: `lockstep may not create events.events.k8s.io in namespace ${slug}`,
    isKept: true,
  },
  {
    rule: 'own leases: get update',
    feature: 'the election: nobody works',
    says: `lockstep may not get leases.coordination.k8s.io in namespace ${system}`,
  },
  {
    rule: 'own leases: create',
    feature: 'the first election',
    says: `lockstep may not create leases.coordination.k8s.io in namespace ${system}`,
    before: `/apis/coordination.k8s.io/v1/namespaces/${system}/leases/lockstep-controller`,
  },
  {
    rule: 'own secrets: get',
    feature: 'the start',
    says: `lockstep may not get secrets in namespace ${system}`,
    ends: true,
  },
  {
    rule: 'own secrets: create',
    feature: 'the first start',
    says: `lockstep may not create secrets in namespace ${system}`,
    before: `/api/v1/namespaces/${system}/secrets/lockstep-version-key`,
    ends: true,
  },
];

interface Broken {
  readonly rule: string;
  readonly feature: string;
  /** In the log; the remedy follows. */
  readonly says: string;
  /** Of the condition Ready. */
  readonly reason?: string;
  /** The Secret is made all the same. */
  readonly isKept?: boolean;
  /** The controller ends, with these words. */
  readonly ends?: boolean;
  /** What is removed first: otherwise it is there from former starts. */
  readonly before?: string;
}

controllerE2e({ name: 'The controller of the chart', slug, grant: [], identity }, (stand) => {
  let value: string;
  beforeAll(async () => {
    value = await stand().putSecret('chart/a');
  });

  it('keeps a Secret, with the rights and flags that the chart gives it', async () => {
    const controller = await stand().startController(...identity.flags);
    await stand().tenant.putPair('kept', 'chart/a');

    await stand().tenant.value('kept', value);
    await stand().tenant.ready('kept');
    await stand().stopController(controller);
    expect(controller.log()).not.toContain('may not');
  });

  it('has these rules and no others', () => {
    expect(identity.rules).toEqual(broken.map(({ rule }) => rule));
  });

  const ending = broken.filter(({ ends }) => ends === true);
  it.for(broken.filter((each) => !ending.includes(each)))('without $rule: breaks $feature', async (row) => {
    const { rule, says, reason, isKept = false, before } = row;
    const { tenant, kube } = stand();
    if (before !== undefined) await kube.remove(before);
    await using _without = await identity.without(rule);
    const controller = await stand().startController(...identity.flags);
    const name = `without-${broken.indexOf(row)}`;
    await tenant.putPair(name, 'chart/a');

    await expect.poll(() => controller.log(), soon).toContain(says);
    if (reason !== undefined) await tenant.reason(name, reason);
    if (isKept) await tenant.value(name, value);
    await stand().stopController(controller);
    expect(await tenant.readValue(name)).toBe(isKept ? value : undefined);
    await kube.remove(tenant.syncPath(name));
  });

  it.for(ending)('without $rule: breaks $feature', async ({ rule, says, before }) => {
    if (before !== undefined) await stand().kube.remove(before);
    await using _without = await identity.without(rule);

    await expect(stand().startController(...identity.flags)).rejects.toThrow(says);
  });

  describe('is bound by its policies:', () => {
    let api: ApiStand;
    let controller: KubeApi;
    beforeAll(async () => {
      api = new ApiStand(stand().run.cluster, slug);
      controller = await api.as(`${system}-lockstep-controller`, system);
      const isRefused = (): Promise<boolean> => requestToken('no-store').then(() => false, isPolicy);
      await until(isRefused, { what: 'the policies to be in force' });
    });
    afterAll(async () => api.close());

    const requestToken = (audience: string): Promise<object> =>
      controller.call('POST', `/api/v1/namespaces/${slug}/serviceaccounts/app/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: [audience], expirationSeconds: 600 },
      });
    const createSync = (author: KubeApi): Promise<object> =>
      author.call('POST', `${syncGroup}/namespaces/${slug}/secretproviderclasssyncs?dryRun=All`, {
        apiVersion: 'lockstep.dev/v1alpha1',
        kind: 'SecretProviderClassSync',
        metadata: { name: 'attempt' },
        spec: { secretProviderClassName: 'kept', serviceAccountName: 'app' },
      });

    it('gets tokens for the audiences of the values', async () => {
      expect(await requestToken('https://v.example')).toHaveProperty('status.token', expect.any(String));
    });

    it.for(['sts.amazonaws.com', 'https://kubernetes.default.svc.cluster.local'])(
      'gets none for %s',
      async (audience) => {
        const says = 'lockstep may request tokens for these audiences only: vault, https://v.example';
        await expect(requestToken(audience)).rejects.toThrow(says);
      },
    );

    it('no class is synced as an account that its author may not use', async () => {
      const author = await api.createAuthor('author', [writesSyncs]);
      await expect(createSync(author)).rejects.toThrow('you need create on pods, or on serviceaccounts/token of app');
      const runner = await api.createAuthor('runner', [writesSyncs, createsPods]);
      await expect(createSync(runner)).resolves.toHaveProperty('spec.serviceAccountName', 'app');
    });
  });
});

const writesSyncs = { apiGroups: ['lockstep.dev'], resources: ['secretproviderclasssyncs'], verbs: ['create'] };
const createsPods = { apiGroups: [''], resources: ['pods'], verbs: ['create'] };

function isPolicy(error: unknown): boolean {
  return String(error).includes("ValidatingAdmissionPolicy 'lockstep-token-requests'");
}

const labelled = new ChartIdentity('controller', ['controller.namespaceSelector=chart=yes']);

controllerE2e({ name: 'The controller of the chart by label', slug: 'chart-label', identity: labelled }, (stand) => {
  it('keeps the Secrets of labelled namespaces, with one rule more', async () => {
    const value = await stand().putSecret('chart/b');
    const other = await stand().createTenant('other');
    await stand().kube.call('PATCH', `/api/v1/namespaces/${stand().tenant.namespace}`, {
      metadata: { labels: { chart: 'yes' } },
    });
    const controller = await stand().startController(...labelled.flags);
    for (const tenant of [other, stand().tenant]) await tenant.putPair('kept', 'chart/b');

    await stand().tenant.value('kept', value);
    await stand().stopController(controller);
    expect(await other.readValue('kept')).toBeUndefined();
    expect(labelled.rules.filter((rule) => !identity.rules.includes(rule))).toEqual(['namespaces: get list watch']);
  });

  it('finds none without that rule, and says so', async () => {
    await using _without = await labelled.without('namespaces: get list watch');
    const controller = await stand().startController(...labelled.flags);
    await stand().tenant.putPair('later', 'chart/b');

    await expect.poll(() => controller.log(), soon).toContain('lockstep may not list namespaces in all namespaces');
    await stand().stopController(controller);
    expect(await stand().tenant.readValue('later')).toBeUndefined();
  });
});
