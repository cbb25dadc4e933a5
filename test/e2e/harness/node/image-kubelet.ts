import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { KubeObject } from '../kube-api.ts';
import { until } from '../until.ts';
import { PlayedPod, type PlayedPodOptions } from './played-pod.ts';
import { readPod } from './pod-plan.ts';

export interface ImageKubeletOptions extends Omit<PlayedPodOptions, 'address'> {
  /** Whose pods it runs. */
  readonly namespace: string;
  /** Sees a pod before it is told to end. */
  readonly onEnding: (pod: PlayedPod) => Promise<void>;
}

/**
 * Scheduler and kubelet of one node, for the pods of one namespace: runs in containers what the controllers of the cluster make
 * there, tells the API server how it is, and ends what is deleted. What it does not understand is a problem, and so is what kubelet
 * would have tried again.
 */
export class ImageKubelet {
  /** None where all is well. */
  readonly problems: string[] = [];
  readonly #options: ImageKubeletOptions;
  readonly #seen = new Set<string>();
  readonly #pods = new Map<string, PlayedPod>();
  readonly #ending = new Set<PlayedPod>();
  readonly #end = new AbortController();
  readonly #loop: Promise<void>;

  constructor(options: ImageKubeletOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  /** All that it has ever run. */
  get pods(): readonly PlayedPod[] {
    return [...this.#pods.values()];
  }

  /** Those of a component of the chart that still run, the oldest first. */
  running(component: string): readonly PlayedPod[] {
    return this.pods.filter((pod) => pod.component === component && !pod.isOver);
  }

  /** Ends what is left. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
    await Promise.all(this.pods.map((pod) => pod.end(1)));
    await until(() => this.pods.every(({ isOver }) => isOver), { what: 'the pods to be over' });
    await this.#options.kube.remove(`${this.#path}?gracePeriodSeconds=0`);
  }

  async #run(): Promise<void> {
    const { kube } = this.#options;
    while (!this.#end.signal.aborted) {
      const { items } = await kube.call<{ items: readonly Pod[] }>('GET', this.#path);
      for (const pod of items) await this.#look(pod);
      await sleep(lookMs);
    }
  }

  async #look(object: Pod): Promise<void> {
    const { uid, name, deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
    const pod = this.#pods.get(uid);
    if (deletionTimestamp === undefined) {
      if (!this.#seen.has(uid)) this.#begin(object);
    } else if (pod === undefined || pod.isOver) {
      // kubelet's last word: now it is gone.
      await this.#options.kube.remove(`${this.#path}/${name}?gracePeriodSeconds=0`);
    } else if (!this.#ending.has(pod)) {
      this.#ending.add(pod);
      this.#watch(name, this.#finish(pod, deletionGracePeriodSeconds ?? 0));
    }
  }

  #begin(object: Pod): void {
    const { uid, name } = object.metadata;
    this.#seen.add(uid);
    const number = this.#seen.size;
    // Short: paths of sockets end after 107 bytes.
    const dir = join(this.#options.dir, `${number}`);
    const address = `10.244.0.${number}`;
    try {
      const pod = new PlayedPod(readPod(object), { ...this.#options, dir, address });
      this.#pods.set(uid, pod);
      this.#watch(name, pod.run());
    } catch (error) {
      this.problems.push(`${name}: ${String(error)}`);
    }
  }

  async #finish(pod: PlayedPod, graceSeconds: number): Promise<void> {
    await this.#options.onEnding(pod);
    await pod.end(graceSeconds);
  }

  #watch(name: string, work: Promise<void>): void {
    work.catch((error: unknown) => this.problems.push(`${name}: ${String(error)}`));
  }

  get #path(): string {
    return `/api/v1/namespaces/${this.#options.namespace}/pods`;
  }
}

const lookMs = 100;

interface Pod extends KubeObject {
  readonly metadata: KubeObject['metadata'] & {
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
  };
}
