import type { Grant, Identity } from './controller-identity.ts';
import { toCollection } from './controller-identity.ts';
import { readRendered, renderChart } from './helm.ts';
import type { KubeApi, KubeObject } from './kube-api.ts';

interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Role extends KubeObject {
  readonly rules: readonly Rule[];
}

interface Workload extends KubeObject {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly { args: string[] }[] } } };
}

/** Values for one half alone, without the CRD that the stand has and without hooks. */
const halves = {
  controller: {
    component: 'controller',
    kind: 'Deployment',
    values: ['provider.enabled=false', 'controller.enabled=true'],
  },
  provider: {
    component: 'provider',
    kind: 'DaemonSet',
    values: ['versionKey.create=false', 'provider.removeSockets=false'],
  },
} as const;

/** A daemon as the chart installs it: its account, roles and policies, and the flags with which its workload starts it. */
export class ChartIdentity implements Identity {
  readonly #half: (typeof halves)[keyof typeof halves];
  readonly #values: readonly string[];
  #kube: KubeApi | undefined;
  #objects: readonly KubeObject[] = [];

  constructor(half: keyof typeof halves, values: readonly string[]) {
    this.#half = halves[half];
    this.#values = [...this.#half.values, 'crds.install=false', ...values];
  }

  async create({ kube, system }: Grant): Promise<string> {
    this.#kube = kube;
    await this.render({ system });
    await kube.createNamespace(system, []);
    for (const object of this.#objects) await kube.call('POST', toCollection(object), object);
    const serviceAccount = this.#find('ServiceAccount').metadata.name;
    const audience = 'https://kubernetes.default.svc.cluster.local';
    return (await kube.createToken({ namespace: system, serviceAccount, audience })).token;
  }

  /** Finds out what there would be, without creating it. */
  async render({ system }: Pick<Grant, 'system'>): Promise<void> {
    const text = await renderChart({ namespace: system, release: system, values: this.#values });
    // Where values ask for both halves, the other one is not this daemon's, and hooks are Helm's.
    const own = [this.#half.component, 'admission'];
    this.#objects = readRendered(text).filter(({ metadata: { labels = {} } }) =>
      own.includes(labels['app.kubernetes.io/component'] ?? ''),
    );
  }

  async remove(kube: KubeApi): Promise<void> {
    const ofCluster = this.#objects.filter(({ metadata }) => metadata.namespace === undefined);
    for (const object of ofCluster) await kube.remove(toPath(object));
  }

  /** Of the daemon's command, as its workload has them. */
  get flags(): readonly string[] {
    // The edge of the harness: our own chart.
    const { spec } = this.#find(this.#half.kind) as Workload;
    return spec.template.spec.containers.flatMap(({ args }) => args.slice(1));
  }

  /** `resource: verbs` of every rule that the daemon has; those of its own namespace begin with `own `. */
  get rules(): readonly string[] {
    return this.#roles().flatMap((role) => role.rules.map((rule) => describeRule(role, rule)));
  }

  /** Takes one rule away until the result is disposed. */
  async without(rule: string): Promise<AsyncDisposable> {
    const kube = this.#kube;
    const role = this.#roles().find((each) => each.rules.some((one) => describeRule(each, one) === rule));
    if (kube === undefined || role === undefined) throw new Error(`no rule ${rule}`);
    const put = async (rules: readonly Rule[]): Promise<void> =>
      void (await kube.call('PUT', toPath(role), { ...role, rules }));
    await put(role.rules.filter((each) => describeRule(role, each) !== rule));
    return { [Symbol.asyncDispose]: () => put(role.rules) };
  }

  #roles(): readonly Role[] {
    // The edge of the harness: our own chart.
    return this.#objects.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole') as Role[];
  }

  #find(wanted: string): KubeObject {
    const found = this.#objects.find(({ kind }) => kind === wanted);
    if (found === undefined) throw new Error(`the chart has no ${wanted}`);
    return found;
  }
}

function toPath(object: KubeObject): string {
  return `${toCollection(object)}/${object.metadata.name}`;
}

function describeRule({ kind }: Role, { resources, verbs }: Rule): string {
  return `${kind === 'Role' ? 'own ' : ''}${resources.join(', ')}: ${verbs.join(' ')}`;
}
