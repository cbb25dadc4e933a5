import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';

import { nodeName } from '../control-plane.ts';
import { Container } from '../image/container.ts';
import type { BuiltImage } from '../image/built-image.ts';
import type { KubeApi } from '../kube-api.ts';
import { ServerProcess } from '../processes.ts';
import { apiService, type ClusterServices } from './cluster-services.ts';
import { PodNetwork } from './pod-network.ts';
import type { ContainerPlan, PodPlan } from './pod-plan.ts';
import { PodVolumes, type VolumesOptions } from './pod-volumes.ts';
import { runProbes } from './probes.ts';
import { toRuntimeDefault } from './seccomp.ts';

export interface PlayedPodOptions extends Pick<VolumesOptions, 'hostPaths' | 'onToken'> {
  readonly kube: KubeApi;
  readonly runDir: string;
  /** Folder of this pod alone. */
  readonly dir: string;
  /** Of the pod. */
  readonly address: string;
  readonly services: ClusterServices;
  /** What the node has, by name. */
  readonly images: Readonly<Record<string, BuiltImage>>;
}

/** One pod on the node: its network, its volumes, and its containers one after the other. */
export class PlayedPod {
  readonly plan: PodPlan;
  readonly #options: PlayedPodOptions;
  readonly #end = new AbortController();
  #network: PodNetwork | undefined;
  #volumes: PodVolumes | undefined;
  readonly #launched: Launched[] = [];
  #readyAtMs = Infinity;
  #endingAtMs = Infinity;
  #isOver = false;

  constructor(plan: PodPlan, options: PlayedPodOptions) {
    this.plan = plan;
    this.#options = options;
  }

  /** When it was ready for the first time; never so far: infinite. By `performance.now()`. */
  get readyAtMs(): number {
    return this.#readyAtMs;
  }

  /** When it was told to end; likewise. */
  get endingAtMs(): number {
    return this.#endingAtMs;
  }

  /** Nothing of it runs any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Of its container's first process, as the host sees it. */
  get pid(): number {
    const current = this.#launched.at(-1);
    if (current === undefined) throw new Error(`${this.plan.metadata.name} runs no container`);
    return current.container.pid;
  }

  /** Everything that its containers have printed. */
  get output(): string {
    return this.#launched.map(({ process }) => process.output()).join('');
  }

  /** Exit code of its last container, once that has ended. */
  get exited(): Promise<number | null> {
    return this.#launched.at(-1)?.process.exited ?? Promise.resolve(null);
  }

  /** Component of the chart that it belongs to. */
  get component(): string {
    return this.plan.metadata.labels['app.kubernetes.io/component'] ?? '';
  }

  /** The text of `/metrics`. */
  async metrics(): Promise<string> {
    const port = this.plan.spec.containers[0].ports.find(({ name }) => name === 'metrics')?.containerPort;
    if (port === undefined || this.#network === undefined) throw new Error('no port for metrics');
    return await this.#network.get(port, '/metrics', 5_000);
  }

  /** Resolves when it is over. Rejects for what kubelet would try again: a test has to know. */
  async run(): Promise<void> {
    const { kube, runDir, dir, address, services } = this.#options;
    const { containers, initContainers } = this.plan.spec;
    try {
      await this.#bind();
      this.#volumes = await PodVolumes.prepare(this.plan, { ...this.#options, kube, dir });
      const ports = containers[0].ports.map(({ containerPort }) => containerPort);
      this.#network = await PodNetwork.start({ runDir, dir, address, ports, services });
      for (const each of initContainers) await this.#complete(each);
      if (!this.#end.signal.aborted) await this.#serve(containers[0]);
    } finally {
      for (const { container } of this.#launched) container.remove();
      await this.#network?.stop();
      this.#isOver = true;
    }
  }

  /** Ends it as kubelet does: SIGTERM, and SIGKILL after the grace. */
  async end(graceSeconds: number): Promise<void> {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
    this.#endingAtMs = performance.now();
    const current = this.#launched.at(-1);
    if (current === undefined) return;
    const { process, container } = current;
    process.signal('SIGTERM');
    const grace = new AbortController();
    const late = sleep(graceSeconds * 1000, undefined, { signal: grace.signal }).then(
      () => container.remove(),
      () => undefined,
    );
    await process.exited;
    grace.abort();
    await late;
  }

  /** What the scheduler would do, with one node to choose from. */
  async #bind(): Promise<void> {
    if (this.plan.spec.nodeName !== undefined) return;
    const target = { apiVersion: 'v1', kind: 'Node', name: nodeName };
    const { name } = this.plan.metadata;
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target };
    await this.#options.kube.call('POST', `${this.#path}/binding`, binding);
  }

  async #complete(plan: ContainerPlan): Promise<void> {
    const code = await this.#launch(plan).exited;
    if (code !== 0 && !this.#end.signal.aborted) throw new Error(`${plan.name} ended with ${code}:\n${this.output}`);
  }

  async #serve(plan: ContainerPlan): Promise<void> {
    const { restartPolicy } = this.plan.spec;
    const process = this.#launch(plan);
    const over = new AbortController();
    const ask = (...asked: Parameters<PodNetwork['get']>): Promise<string> =>
      this.#network?.get(...asked) ?? Promise.reject(new Error('no network'));
    const onReady = (isReady: boolean): Promise<void> => {
      if (isReady) this.#readyAtMs = Math.min(this.#readyAtMs, performance.now());
      return this.#report('Running', plan, isReady);
    };
    const health = runProbes(plan, { ask, onReady, signal: over.signal });
    const code = await Promise.race([process.exited, health.then(() => process.exited)]);
    over.abort();
    await health;
    if (this.#end.signal.aborted) return;
    if (restartPolicy === 'Always') throw new Error(`${plan.name} ended by itself with ${code}:\n${this.output}`);
    await this.#report(code === 0 ? 'Succeeded' : 'Failed', plan, false);
  }

  #launch(plan: ContainerPlan): ServerProcess {
    const { runDir, images } = this.#options;
    const dir = join(this.#options.dir, plan.name);
    const image = images[plan.image];
    const { runAsUser: user, runAsGroup: group } = this.plan.spec.securityContext;
    if (image === undefined) throw new Error(`the node has no image ${plan.image}`);
    if (this.#volumes === undefined || this.#network === undefined) throw new Error('not prepared');
    const container = new Container({
      image,
      dir,
      user,
      group,
      folders: [],
      mounts: this.#volumes.mountsOf(plan),
      limits: { memoryBytes: plan.resources.limits.memory },
      entrypoint: plan.command,
      network: this.#network.path,
      seccomp: toRuntimeDefault(image.image.architecture),
    });
    const [command = '', ...args] = container.command;
    const process = new ServerProcess({
      runDir,
      command,
      args: [...args, ...plan.args],
      env: toEnvironment(this.plan, plan),
      log: join(dir, 'log'),
    });
    this.#launched.push({ container, process });
    return process;
  }

  async #report(phase: string, { name, image }: ContainerPlan, isReady: boolean): Promise<void> {
    const now = new Date().toISOString().replace(/\.\d+/, '');
    const ready = isReady ? 'True' : 'False';
    const state =
      phase === 'Running'
        ? { running: { startedAt: now } }
        : { terminated: { exitCode: phase === 'Succeeded' ? 0 : 1, finishedAt: now } };
    await this.#options.kube.call('PATCH', `${this.#path}/status`, {
      status: {
        phase,
        podIP: this.#options.address,
        podIPs: [{ ip: this.#options.address }],
        conditions: ['Ready', 'ContainersReady'].map((type) => ({ type, status: ready, lastTransitionTime: now })),
        containerStatuses: [{ name, image, imageID: '', ready: isReady, started: true, restartCount: 0, state }],
      },
    });
  }

  get #path(): string {
    const { namespace, name } = this.plan.metadata;
    return `/api/v1/namespaces/${namespace}/pods/${name}`;
  }
}

interface Launched {
  readonly container: Container;
  readonly process: ServerProcess;
}

function toEnvironment({ metadata, spec }: PodPlan, { env }: ContainerPlan): Readonly<Record<string, string>> {
  const values = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': nodeName,
    'spec.serviceAccountName': spec.serviceAccountName,
  };
  const own = env.map((each) => [each.name, 'value' in each ? each.value : values[each.valueFrom.fieldRef.fieldPath]]);
  const { address, port } = apiService;
  return { KUBERNETES_SERVICE_HOST: address, KUBERNETES_SERVICE_PORT: `${port}`, ...Object.fromEntries(own) };
}
