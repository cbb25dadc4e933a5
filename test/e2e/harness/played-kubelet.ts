import { join } from 'node:path';

import type { ApiStand } from './api-e2e.ts';
import type { KubeObject } from './kube-api.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { type Finished, run } from './kubectl.ts';
import { sources } from './daemon.ts';
import { until } from './until.ts';

interface Pod extends KubeObject {
  readonly spec: {
    readonly serviceAccountName: string;
    readonly containers: readonly { readonly args?: readonly string[] }[];
  };
  readonly status: { readonly phase: string };
}

/** Does for the pods of one namespace what kubelet would: runs those of Jobs, as their own service accounts. */
export class PlayedKubelet {
  /** Program and arguments that run `lockstep` for the pods that start from now on. */
  command: readonly string[] = sources;
  readonly #stand: ApiStand;
  readonly #dir: string;
  readonly #namespace: string;

  /** `dir` gets the kubeconfigs. */
  constructor(stand: ApiStand, namespace: string, dir: string) {
    this.#stand = stand;
    this.#namespace = namespace;
    this.#dir = dir;
  }

  /** Waits for the pod of a Job, runs our command with its arguments, and reports its end. Answers what it printed. */
  async runJob(name: string): Promise<Finished> {
    const [pod] = await this.#pods(`batch.kubernetes.io/job-name=${name}`);
    if (pod === undefined) throw new Error(`no pod of Job ${name}`);
    const { containers, serviceAccountName } = pod.spec;
    const kubeconfig = await this.#writeKubeconfig(serviceAccountName);
    const env = [`POD_NAMESPACE=${this.#namespace}`, `LOCKSTEP_KUBECONFIG=${kubeconfig}`];
    const finished = await run('env', [...env, ...this.command, ...(containers[0]?.args ?? [])]);
    await this.#report(pod, { phase: finished.code === 0 ? 'Succeeded' : 'Failed' });
    return finished;
  }

  /** Reports the pods of a DaemonSet as ready: so many. */
  async readyDaemonSet(selector: string): Promise<number> {
    const pods = await this.#pods(selector);
    for (const pod of pods) {
      await this.#report(pod, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
    }
    return pods.length;
  }

  async #pods(selector: string): Promise<readonly Pod[]> {
    const path = `/api/v1/namespaces/${this.#namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
    let pods: readonly Pod[] = [];
    const look = async (): Promise<boolean> => {
      const { items } = await this.#stand.kube.call<{ items: readonly Pod[] }>('GET', path);
      pods = items.filter(({ status }) => status.phase === 'Pending');
      return pods.length > 0;
    };
    await until(look, { what: `pods with ${selector}` });
    return pods;
  }

  async #report({ metadata: { name } }: Pod, status: object): Promise<void> {
    await this.#stand.kube.call('PATCH', `/api/v1/namespaces/${this.#namespace}/pods/${name}/status`, { status });
  }

  async #writeKubeconfig(serviceAccount: string): Promise<string> {
    const { cluster, kube } = this.#stand;
    const audience = 'https://kubernetes.default.svc.cluster.local';
    const { token } = await kube.createToken({ namespace: this.#namespace, serviceAccount, audience });
    const file = join(this.#dir, `${serviceAccount}.kubeconfig`);
    const { server, ca } = cluster;
    writeKubeconfig(file, { server, ca, token, namespace: this.#namespace });
    return file;
  }
}
