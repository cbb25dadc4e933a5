import type { KubeApi } from './kube-api.ts';
import { until } from './until.ts';

export type RolledKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob';

export interface RolledOptions {
  /** Secrets whose keys its container reads as variables: key `a` unless said otherwise. */
  readonly uses: readonly (string | { readonly secret: string; readonly key: string })[];
  /** Of the workload itself. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of its pods; see `podMarks`. */
  readonly marks?: Readonly<Record<string, string>>;
  /** 1 unless said otherwise. */
  readonly replicas?: number;
  /** Members of its spec. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Members of its pods' spec. */
  readonly pod?: Readonly<Record<string, unknown>>;
}

export interface RolledObject {
  readonly metadata: Readonly<{
    name: string;
    uid: string;
    generation: number;
    labels?: Readonly<Record<string, string>>;
    managedFields?: readonly { readonly manager: string; readonly operation: string; readonly fieldsV1: object }[];
  }>;
  readonly spec: Readonly<{ template: Template; jobTemplate: { readonly spec: { readonly template: Template } } }>;
}

interface Template {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

export interface RolledPod {
  readonly metadata: Readonly<{
    name: string;
    uid: string;
    annotations?: Readonly<Record<string, string>>;
    deletionTimestamp?: string;
  }>;
  readonly spec: object;
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export const hashesAnnotation = 'lockstep.dev/secret-hashes';
export const pinsAnnotation = 'lockstep.dev/pins';

const paths = {
  Deployment: 'apis/apps/v1',
  StatefulSet: 'apis/apps/v1',
  DaemonSet: 'apis/apps/v1',
  CronJob: 'apis/batch/v1',
} as const;

interface Place {
  readonly kube: KubeApi;
  readonly namespace: string;
  /** Where its pods run. */
  readonly node: string;
}

/** A workload whose pods read Secrets, of the real controllers. */
export class RolledWorkload {
  readonly kind: RolledKind;
  readonly name: string;
  readonly #place: Place;

  private constructor(kind: RolledKind, name: string, place: Place) {
    this.kind = kind;
    this.name = name;
    this.#place = place;
  }

  static async create(kind: RolledKind, name: string, options: RolledOptions, place: Place): Promise<RolledWorkload> {
    const workload = new RolledWorkload(kind, name, place);
    const { labels = {}, annotations = {} } = options;
    const metadata = { name, labels, annotations };
    const spec = {
      ...toSpec(kind, name, toTemplate(name, options, place)),
      ...toCount(kind, options),
      ...options.spec,
    };
    const apiVersion = paths[kind].slice('apis/'.length);
    await place.kube.call('POST', workload.#collection, { apiVersion, kind, metadata, spec });
    return workload;
  }

  /** As status and events of lockstep name it. */
  get key(): string {
    return `${this.kind} ${this.#place.namespace}/${this.name}`;
  }

  /** As kubectl names it. */
  get ref(): string {
    return `${this.kind.toLowerCase()}/${this.name}`;
  }

  get path(): string {
    return `${this.#collection}/${this.name}`;
  }

  async read(): Promise<RolledObject> {
    return await this.#place.kube.call<RolledObject>('GET', this.path);
  }

  /** A merge patch, as the administrator. */
  async patch(patch: object): Promise<void> {
    await this.#place.kube.call('PATCH', this.path, patch);
  }

  /** How often its spec has changed since it was made: each time its pods were made anew. */
  async changes(): Promise<number> {
    return (await this.read()).metadata.generation - 1;
  }

  /** An annotation of its pod template; undefined: it has none. */
  async annotation(name: string = hashesAnnotation): Promise<string | undefined> {
    const { spec } = await this.read();
    const template = this.kind === 'CronJob' ? spec.jobTemplate.spec.template : spec.template;
    return template.metadata.annotations?.[name];
  }

  /** Waits until the annotation is there and another one than that, and answers it. */
  async annotated(name: string, before?: string, timeoutMs = 30_000): Promise<string> {
    let found: string | undefined;
    const isNew = async (): Promise<boolean> => {
      found = await this.annotation(name);
      return found !== undefined && found !== before;
    };
    await until(isNew, { what: `another ${name} on ${this.key}`, timeoutMs });
    return found ?? '';
  }

  /** Those that are not on their way out. */
  async pods(): Promise<readonly RolledPod[]> {
    const { kube, namespace } = this.#place;
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${this.name}`;
    const { items } = await kube.call<{ items: readonly RolledPod[] }>('GET', path);
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Waits until all pods are so many, ready, and as the test wants them, and answers their uids. */
  async run(count: number, isSo: (pod: RolledPod) => boolean = () => true): Promise<readonly string[]> {
    let found: readonly RolledPod[] = [];
    const isThere = async (): Promise<boolean> => {
      found = await this.pods();
      return found.length === count && found.every((pod) => isReady(pod) && isSo(pod));
    };
    await until(isThere, { what: `${count} ready pods of ${this.key}` });
    return found.map(({ metadata }) => metadata.uid);
  }

  /** Says of all its pods, as the kubelet does, that they are ready, or why they are not. */
  async play(reason?: string): Promise<void> {
    const { kube, namespace } = this.#place;
    const isReady = reason === undefined;
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
    const state = isReady ? { running: { startedAt: lastTransitionTime } } : { waiting: { reason } };
    const container = {
      name: 'app',
      image: 'registry.example/app',
      imageID: '',
      ready: isReady,
      restartCount: 3,
      state,
    };
    const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime }];
    const status = { phase: 'Running', conditions, containerStatuses: [container] };
    for (const { metadata } of await this.pods()) {
      const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name}/status`;
      // It may have gone meanwhile.
      await kube.call('PATCH', path, { status }).catch(() => undefined);
    }
  }

  /** ReplicaSets or ControllerRevisions that are its own. */
  async revisions(): Promise<number> {
    const { kube, namespace } = this.#place;
    const { uid } = (await this.read()).metadata;
    const plural = this.kind === 'Deployment' ? 'replicasets' : 'controllerrevisions';
    const { items } = await kube.call<{ items: readonly Owned[] }>(
      'GET',
      `/apis/apps/v1/namespaces/${namespace}/${plural}`,
    );
    return items.filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid)).length;
  }

  get #collection(): string {
    return `/${paths[this.kind]}/namespaces/${this.#place.namespace}/${this.kind.toLowerCase()}s`;
  }
}

/** Names of the Secrets that a pod's variables are from. */
export function secretsOf({ spec }: RolledPod): readonly string[] {
  const found = JSON.stringify(spec).matchAll(/"secretKeyRef":\{[^}]*"name":"([^"]*)"/g);
  return [...found].map(([, name = '']) => name);
}

interface Owned {
  readonly metadata: { readonly ownerReferences?: readonly { readonly uid: string }[] };
}

function isReady({ status }: RolledPod): boolean {
  return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

function toTemplate(name: string, { uses, marks = {}, pod = {} }: RolledOptions, { node }: Place): object {
  const env = uses.map((use, index) => {
    const { secret, key } = typeof use === 'string' ? { secret: use, key: 'a' } : use;
    return { name: `V${index}`, valueFrom: { secretKeyRef: { name: secret, key } } };
  });
  return {
    metadata: { labels: { app: name }, annotations: marks },
    // Nobody schedules here.
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'app', image: 'registry.example/app', env }],
      ...pod,
    },
  };
}

function toSpec(kind: RolledKind, name: string, template: object): object {
  const selector = { matchLabels: { app: name } };
  switch (kind) {
    case 'Deployment':
    case 'DaemonSet':
      return { selector, template };
    case 'StatefulSet':
      return { selector, template, serviceName: name };
    case 'CronJob':
      return { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: toOnce(template) } } };
  }
}

/** The edge of the harness: a template of our own making. */
function toOnce(template: object): object {
  const { spec, ...rest } = template as { readonly spec: object };
  return { ...rest, spec: { ...spec, restartPolicy: 'Never' } };
}

function toCount(kind: RolledKind, { replicas = 1 }: RolledOptions): object {
  return kind === 'Deployment' || kind === 'StatefulSet' ? { replicas } : {};
}
