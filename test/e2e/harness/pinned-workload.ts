import type { ApiStand } from './api-e2e.ts';
import type { KubeApi } from './kube-api.ts';
import { type Pod, pinsAnnotation } from './pin-policy.ts';
import { until } from './until.ts';

/** What makes pods of a template. */
export type PodMaker = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'CronJob';

const groups = { Deployment: 'apps', StatefulSet: 'apps', DaemonSet: 'apps', Job: 'batch', CronJob: 'batch' } as const;

/** A workload whose pods use the Secret `db`, made by the real controllers. There is no kubelet: its pods stay as they are. */
export class PinnedWorkload {
  readonly kind: PodMaker;
  readonly name: string;
  readonly #kube: KubeApi;
  readonly #namespace: string;

  private constructor(kind: PodMaker, name: string, { kube, namespace }: ApiStand) {
    this.kind = kind;
    this.name = name;
    this.#kube = kube;
    this.#namespace = namespace;
  }

  static async create(stand: ApiStand, kind: PodMaker, { name, pins }: Named): Promise<PinnedWorkload> {
    const workload = new PinnedWorkload(kind, name, stand);
    const spec = toSpec(kind, name, pins);
    await stand.kube.call('POST', workload.#path, { apiVersion: `${groups[kind]}/v1`, kind, metadata: { name }, spec });
    if (kind === 'CronJob') await workload.#miss();
    return workload;
  }

  /** Another annotation of the pod template, as lockstep writes it. */
  async pin(pins: string): Promise<void> {
    const annotations = { [pinsAnnotation]: pins };
    await this.#kube.call('PATCH', `${this.#path}/${this.name}`, { spec: { template: { metadata: { annotations } } } });
  }

  /** Waits until its only pod reads this Secret, and answers the uid. Every pod is said to be ready, so that rollouts go on. */
  async podWith(secret: string): Promise<string> {
    let found: Pod | undefined;
    const isThere = async (): Promise<boolean> => {
      const pods = await this.#pods();
      for (const { metadata } of pods) await this.#makeReady(metadata.name);
      found = pods.length === 1 ? pods[0] : undefined;
      return found !== undefined && secretOf(found) === secret;
    };
    await until(isThere, { what: `a pod of ${this.kind} ${this.name} that uses ${secret}` });
    return found?.metadata.uid ?? '';
  }

  async #pods(): Promise<readonly Pod[]> {
    const path = `/api/v1/namespaces/${this.#namespace}/pods?labelSelector=app%3D${this.name}`;
    const { items } = await this.#kube.call<{ items: readonly Pod[] }>('GET', path);
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  async #makeReady(pod: string): Promise<void> {
    const path = `/api/v1/namespaces/${this.#namespace}/pods/${pod}/status`;
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }];
    // It may have gone meanwhile.
    await this.#kube.call('PATCH', path, { status: { phase: 'Running', conditions } }).catch(() => undefined);
  }

  /** The last run was two minutes ago: the next is due. */
  async #miss(): Promise<void> {
    const lastScheduleTime = new Date(Date.now() - 120_000).toISOString().replace(/\.\d+Z$/, 'Z');
    await this.#kube.call('PATCH', `${this.#path}/${this.name}/status`, { status: { lastScheduleTime } });
  }

  get #path(): string {
    return `/apis/${groups[this.kind]}/v1/namespaces/${this.#namespace}/${this.kind.toLowerCase()}s`;
  }
}

interface Named {
  readonly name: string;
  readonly pins: string;
}

/** One replica; what it may do without is left out. */
function toSpec(kind: PodMaker, name: string, pins: string): object {
  const labels = { app: name };
  const env = [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }];
  const containers = [{ name: 'app', image: 'registry.example/app', env }];
  const metadata = { labels, annotations: { [pinsAnnotation]: pins } };
  const template = { metadata, spec: { containers } };
  // The node has a taint: nobody says that it is ready.
  const anywhere = { metadata, spec: { containers, tolerations: [{ operator: 'Exists' }] } };
  const once = { template: { metadata, spec: { containers, restartPolicy: 'Never' } } };
  switch (kind) {
    case 'Deployment':
      return { selector: { matchLabels: labels }, strategy: { type: 'Recreate' }, template };
    case 'StatefulSet':
      return { selector: { matchLabels: labels }, serviceName: name, template };
    case 'DaemonSet':
      return { selector: { matchLabels: labels }, template: anywhere };
    case 'Job':
      return once;
    case 'CronJob':
      return { schedule: '* * * * *', jobTemplate: { spec: once } };
  }
}

function secretOf({ spec }: Pod): string | undefined {
  return /"secretKeyRef":\{[^}]*"name":"([^"]*)"/.exec(JSON.stringify(spec))?.[1];
}
