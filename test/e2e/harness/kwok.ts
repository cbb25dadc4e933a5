import { join } from 'node:path';

import { serverDir } from '../../servers/build.ts';
import { KubeApi } from './kube-api.ts';
import { freePort, ServerProcess, toFlags } from './processes.ts';
import type { E2eRun } from './stand.ts';

/** Of a pod template: how the fake kubelet treats its pods. */
export const podMarks = {
  /** The pods never run; the reason why, as the kubelet has it. */
  fails: 'e2e/fails',
  /** The same, for pods of a template that lockstep has annotated. */
  failsOnceStamped: 'e2e/fails-once-stamped',
  /** How long the pods take to be ready, such as `2s`; at once unless said otherwise. */
  startsIn: 'e2e/starts-in',
  /** The test says itself how the pods are, with `RolledWorkload.play`. */
  byHand: 'e2e/by-hand',
} as const;

const stages = join(import.meta.dirname, 'kwok-stages.yaml');

/** kwok, and one node of its own: pods that are bound to it come, run and go, as `kwok-stages.yaml` says. */
export class Kwok {
  readonly node: string;
  readonly #process: ServerProcess;
  readonly #kube: KubeApi;

  private constructor(node: string, process: ServerProcess, kube: KubeApi) {
    this.node = node;
    this.#process = process;
    this.#kube = kube;
  }

  /** Resolves when the node is ready. */
  static async start({ runDir, cluster }: E2eRun, node: string): Promise<Kwok> {
    const kube = new KubeApi(cluster);
    const path = `/api/v1/nodes/${node}`;
    await kube.call('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: node } });
    // The API server taints what is new, and who would take that back does not run here.
    await kube.call('PATCH', path, { spec: { taints: null } });
    const process = new ServerProcess({
      runDir,
      command: join(serverDir('kwok'), 'kwok'),
      args: toFlags({
        kubeconfig: cluster.kubeconfig,
        config: stages,
        'manage-single-node': node,
        'node-lease-duration-seconds': '0',
        'server-address': `127.0.0.1:${await freePort()}`,
      }),
      // It keeps its settings there.
      env: { HOME: runDir },
      log: join(runDir, `${node}.log`),
    });
    await process.ready(async () => {
      const { status } = await kube.call<{ status: { conditions?: readonly object[] } }>('GET', path);
      return (status.conditions ?? []).length > 0;
    });
    return new Kwok(node, process, kube);
  }

  async stop(): Promise<void> {
    await this.#process.stop('SIGKILL');
    await this.#kube.remove(`/api/v1/nodes/${this.node}`);
    await this.#kube.close();
  }
}
