import type { ClusterConfig } from '../config/cluster-flags.ts';
import type { ApiClient } from '../kube/client/api-client.ts';
import { systemClock } from '../platform/clock.ts';
import { createMetrics, type Metrics } from '../platform/metrics.ts';

/** A cluster as a person reaches it. */
export interface Cluster {
  readonly client: ApiClient;
  /** Of the current context. */
  readonly namespace: string;
}

/**
 * By the kubeconfig of a person. The client of Kubernetes is large and loaded here, so that help and mistakes need none. Whoever
 * connects closes the client. Throws CONFIG_INVALID.
 */
export async function connect(
  { kubeconfig, defaultKubeconfigs }: ClusterConfig,
  metrics: Metrics = createMetrics(),
): Promise<Cluster> {
  const [{ currentNamespace, loadUserKubeConfig }, { createApiClient }] = await Promise.all([
    import('../kube/client/user-kube-config.ts'),
    import('../kube/client/http-api-client.ts'),
  ]);
  const config = loadUserKubeConfig({ file: kubeconfig, defaults: defaultKubeconfigs });
  return { client: createApiClient(config, { clock: systemClock, metrics }), namespace: currentNamespace(config) };
}
