import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { serverDir } from '../../servers/build.ts';
import { nodeName } from './control-plane.ts';
import type { Cluster } from './kube-api.ts';
import { ServerProcess, toFlags } from './processes.ts';

/** What the e2e runs: the last one of each of the two ways to rotate and to dial. */
export type DriverVersion = '1.6.0' | '1.5.6';

export interface CsiDriverOptions {
  readonly runDir: string;
  /** Folder of this driver alone; made here. */
  readonly dir: string;
  /** Where the driver looks for `NAME.sock`. */
  readonly providerDir: string;
  /** Where it looks first. */
  readonly firstProviderDir: string;
  readonly cluster: Cluster;
  readonly version: DriverVersion;
}

/** The real Secrets Store CSI driver, without a kubelet. Answers its process and its socket. */
export async function startCsiDriver(options: CsiDriverOptions): Promise<{ driver: ServerProcess; socket: string }> {
  const { dir, cluster, version } = options;
  const socket = join(dir, 'csi.sock');
  mkdirSync(options.firstProviderDir, { recursive: true });
  const driver = new ServerProcess({
    runDir: options.runDir,
    command: join(serverDir(`csi-driver-${version}`), 'secrets-store-csi-driver'),
    args: toFlags({
      endpoint: `unix://${socket}`,
      nodeid: nodeName,
      kubeconfig: cluster.kubeconfig,
      'provider-volume': options.providerDir,
      'additional-provider-volume-paths': options.firstProviderDir,
      'metrics-addr': '0',
      'enable-secret-rotation': true,
      // 1.5 polls by itself. From 1.6 on, zero lets every republish reach the provider, however young the files are.
      'rotation-poll-interval': version === '1.5.6' ? '1s' : '0s',
    }),
    // The rotation controller of 1.5 does not read the flag.
    env: { KUBE_NODE_NAME: nodeName, KUBECONFIG: cluster.kubeconfig },
    log: join(dir, 'driver.log'),
  });
  await driver.ready(async () => existsSync(socket));
  return { driver, socket };
}
