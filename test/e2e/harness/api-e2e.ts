import { afterAll, beforeAll, describe, inject } from 'vitest';

import type {} from './e2e.ts';
import { type Cluster, KubeApi } from './kube-api.ts';

/** What the API server calls itself in tokens of service accounts. */
const apiAudience = 'https://kubernetes.default.svc.cluster.local';

/** A namespace on the real API server, with neither driver nor store nor daemon, for one test file. */
export class ApiStand {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** As the administrator. */
  readonly kube: KubeApi;
  readonly #others: KubeApi[] = [];

  constructor(cluster: Cluster, namespace: string) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.kube = new KubeApi(cluster);
  }

  /** The API server as a service account that stands there, of this namespace unless said otherwise. */
  async as(serviceAccount: string, namespace = this.namespace): Promise<KubeApi> {
    const { token } = await this.kube.createToken({ namespace, serviceAccount, audience: apiAudience });
    const api = new KubeApi({ ...this.cluster, adminToken: token });
    this.#others.push(api);
    return api;
  }

  /** A service account of this namespace with these rights there. */
  async createAuthor(name: string, rules: readonly object[]): Promise<KubeApi> {
    const { namespace, kube } = this;
    const metadata = { name, namespace };
    await kube.call('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata });
    const group = 'rbac.authorization.k8s.io';
    const path = `/apis/${group}/v1/namespaces/${namespace}`;
    await kube.call('POST', `${path}/roles`, { metadata, rules });
    await kube.call('POST', `${path}/rolebindings`, {
      metadata,
      roleRef: { apiGroup: group, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    });
    return await this.as(name);
  }

  /** What the controllers of later suites would work on goes. */
  async close(): Promise<void> {
    await this.kube.remove(`/apis/lockstep.dev/v1alpha1/namespaces/${this.namespace}/secretproviderclasssyncs`);
    for (const api of [...this.#others, this.kube]) await api.close();
  }
}

/** A test file's suite on a namespace of its own. Skipped by name, with the reason, where the machine lacks something. */
export function apiE2e(name: string, slug: string, define: (stand: () => ApiStand) => void): void {
  const run = inject('e2e');
  const skipped = 'missing' in run;
  const why = skipped ? ` (skipped: ${run.missing})` : '';
  describe.skipIf(skipped)(`${name}${why}`, () => {
    let stand: ApiStand | undefined;
    const current = (): ApiStand => {
      if (stand === undefined) throw new Error('the stand has not started');
      return stand;
    };
    beforeAll(async () => {
      if ('missing' in run) return;
      stand = new ApiStand(run.cluster, slug);
      await stand.kube.createNamespace(slug, ['app', 'other']);
    });
    afterAll(async () => stand?.close());

    define(current);
  });
}
