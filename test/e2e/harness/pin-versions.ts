import { KubeConfig } from '@kubernetes/client-node';

import { SecretBytes } from '../../../src/core/secret-bytes.ts';
import type { ApiClient } from '../../../src/kube/client/api-client.ts';
import { createApiClient } from '../../../src/kube/client/http-api-client.ts';
import { resources } from '../../../src/kube/objects.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { createMetrics } from '../../../src/platform/metrics.ts';
import { collectGarbage, type SweepReport } from '../../../src/rollout/versions/collect-garbage.ts';
import { checkPinSupport, type PinSupport } from '../../../src/rollout/versions/pin-support.ts';
import type { Retention } from '../../../src/rollout/versions/plan-sweep.ts';
import { createVersionSecrets } from '../../../src/rollout/versions/version-secrets.ts';
import type { ApiStand } from './api-e2e.ts';
import type { KubeObject } from './kube-api.ts';

const hour = 3_600_000;
const identity = 'collector';

/** What versions and their collection need, and nothing else. */
const rules = [
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'create', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  {
    apiGroups: ['apps'],
    resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'controllerrevisions'],
    verbs: ['list'],
  },
  { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: ['list'] },
];

/** Versions of the Secret `db` on the real API server, kept and collected with the rights of a service account. */
export class PinVersions {
  readonly #stand: ApiStand;
  readonly #client: ApiClient;
  /** Ahead of the clock by so much. */
  #aheadMs = 0;

  private constructor(stand: ApiStand, client: ApiClient) {
    this.#stand = stand;
    this.#client = client;
  }

  static async start(stand: ApiStand): Promise<PinVersions> {
    const { namespace, kube, cluster } = stand;
    await stand.createAuthor(identity, rules);
    const audience = 'https://kubernetes.default.svc.cluster.local';
    const { token } = await kube.createToken({ namespace, serviceAccount: identity, audience });
    return new PinVersions(stand, createClient(cluster, token));
  }

  /** As the administrator. */
  async support(): Promise<PinSupport> {
    const client = createClient(this.#stand.cluster, this.#stand.cluster.adminToken);
    try {
      return await checkPinSupport(client, { signal: AbortSignal.timeout(10_000) });
    } finally {
      await client.close();
    }
  }

  /** As somebody who may not look. */
  async supportUnseen(): Promise<PinSupport> {
    return await checkPinSupport(this.#client, { signal: AbortSignal.timeout(10_000) });
  }

  /** Keeps a version with this password, and answers its name. */
  async ensure(password: string): Promise<string> {
    const versionKey = SecretBytes.from(Buffer.alloc(32, 1));
    const data = new Map([['password', SecretBytes.from(password)]]);
    const source = { namespace: this.#stand.namespace, name: 'db', type: 'Opaque', data, labels: {} };
    const versions = createVersionSecrets({ client: this.#client, clock: this.#clock, versionKey });
    return (await versions.ensure(source, { signal: AbortSignal.timeout(10_000) })).name;
  }

  async get(name: string): Promise<KubeObject | undefined> {
    return await this.#stand.kube.find(`${this.#secrets}/${name}`);
  }

  async patch(name: string, patch: object): Promise<unknown> {
    return await this.#stand.kube.call('PATCH', `${this.#secrets}/${name}`, patch);
  }

  /** What of these is there. */
  async left(names: readonly string[]): Promise<readonly string[]> {
    const found = await Promise.all(names.map(async (name) => ((await this.get(name)) ? [name] : [])));
    return found.flat();
  }

  /** One round, two hours after the last. `meanwhile` happens before the pods are listed. */
  async sweep(retention: Retention, current: string, meanwhile?: () => Promise<unknown>): Promise<SweepReport> {
    this.#aheadMs += 2 * hour;
    const client: Pick<ApiClient, 'list' | 'patch' | 'delete'> = {
      ...this.#client,
      list: async (resource, options) => {
        if (resource.plural === resources.pods.plural) await meanwhile?.();
        return await this.#client.list(resource, options);
      },
    };
    const request = { namespace: this.#stand.namespace, sources: new Map([['db', { retention, current }]]) };
    return await collectGarbage(request, { client, clock: this.#clock }, { signal: AbortSignal.timeout(30_000) });
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  get #clock(): { now(): number } {
    return { now: () => Date.now() + this.#aheadMs };
  }

  get #secrets(): string {
    return `/api/v1/namespaces/${this.#stand.namespace}/secrets`;
  }
}

function createClient({ server, ca }: ApiStand['cluster'], token: string): ApiClient {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'e2e', server, caData: Buffer.from(ca).toString('base64') }],
    users: [{ name: identity, token }],
    contexts: [{ name: 'e2e', cluster: 'e2e', user: identity }],
    currentContext: 'e2e',
  });
  return createApiClient(config, { clock: systemClock, metrics: createMetrics() });
}
