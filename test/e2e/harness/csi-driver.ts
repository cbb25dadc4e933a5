import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { serverDir } from '../../servers/build.ts';
import { nodeName } from './control-plane.ts';
import type { Cluster } from './kube-api.ts';
import { ServerProcess, toFlags } from './processes.ts';

export interface CsiDriverOptions {
  readonly runDir: string;
  /** Folder of this driver alone; made here. */
  readonly dir: string;
  /** Where the driver looks for `NAME.sock`. */
  readonly providerDir: string;
  readonly cluster: Cluster;
  readonly version?: '1.6.0' | '1.5.6';
}

/** The real Secrets Store CSI driver, without a kubelet. Answers its process and its socket. */
export async function startCsiDriver(options: CsiDriverOptions): Promise<{ driver: ServerProcess; socket: string }> {
  const { dir, cluster } = options;
  const socket = join(dir, 'csi.sock');
  mkdirSync(join(dir, 'no-providers'), { recursive: true });
  const driver = new ServerProcess({
    runDir: options.runDir,
    command: join(serverDir(`csi-driver-${options.version ?? '1.6.0'}`), 'secrets-store-csi-driver'),
    args: toFlags({
      endpoint: `unix://${socket}`,
      nodeid: nodeName,
      kubeconfig: cluster.kubeconfig,
      'provider-volume': options.providerDir,
      'additional-provider-volume-paths': join(dir, 'no-providers'),
      'metrics-addr': '0',
      'enable-secret-rotation': true,
      // Zero: every republish reaches the provider, instead of those that are older than the interval.
      'rotation-poll-interval': '0s',
    }),
    env: { KUBE_NODE_NAME: nodeName },
    log: join(dir, 'driver.log'),
  });
  await driver.ready(async () => existsSync(socket));
  return { driver, socket };
}
