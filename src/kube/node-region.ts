import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';

import { withSignal } from './client/with-signal.ts';

/** Parity: the label that the official AWS provider reads. */
const label = 'topology.kubernetes.io/region';

/** The region of a node. Undefined: it has no such label. Rejects with the client's error. */
export async function readNodeRegion(
  config: KubeConfig,
  nodeName: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const node = await config.makeApiClient(CoreV1Api).readNode({ name: nodeName }, withSignal(signal));
  return node.metadata?.labels?.[label] || undefined;
}
