import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { nodeName } from './control-plane.ts';
import { chartDir, copyChart, helm } from './helm.ts';
import type { ImageStand } from './image/image-e2e.ts';
import { KubeApi, type KubeObject } from './kube-api.ts';
import type { Finished } from './kubectl.ts';
import { apiService, ClusterServices } from './node/cluster-services.ts';
import { ImageKubelet } from './node/image-kubelet.ts';
import type { PlayedPod } from './node/played-pod.ts';
import { classGroup, syncGroup } from './tenant.ts';

/** Where pods reach the stand's proxy of Vault. */
const vaultService = { address: '10.96.0.2', port: 8200 };
/** As the chart and the driver name it on a host. */
const socketDirectory = '/var/run/secrets-store-csi-providers';
/** Of the chart, with which `image` is all that is given. */
const image = { repository: 'registry.example/lockstep', tag: 'e2e' };
/** Not `lockstep`: the control plane has roles of that name. */
const release = 'installation';

/** A release of the chart, and a node that runs its pods from the image, beside the real driver of a stand. */
export class Installation {
  readonly namespace: string;
  readonly kubelet: ImageKubelet;
  readonly #world: ImageStand;
  /** Lives longer than that of the stand. */
  readonly #kube: KubeApi;
  readonly #services: ClusterServices;
  #running: Promise<Finished> | undefined;
  #isInstalled = false;
  #isClosed = false;

  private constructor(world: ImageStand, kube: KubeApi, services: ClusterServices) {
    const { stand } = world;
    this.#world = world;
    this.#kube = kube;
    this.#services = services;
    this.namespace = `${stand.namespace}-system`;
    this.kubelet = new ImageKubelet({
      kube,
      namespace: this.namespace,
      runDir: stand.run.runDir,
      dir: join(stand.dir, 'node'),
      services,
      images: { [`${image.repository}:${image.tag}`]: world.image },
      hostPaths: { [socketDirectory]: stand.providerDir },
      onToken: (token) => stand.evidence.mark('a token of a pod of ours', token),
      onEnding: (pod) => this.#keepMetrics(pod),
    });
  }

  /** The namespace, as the guide has it made, and nothing in it yet. */
  static async start(world: ImageStand): Promise<Installation> {
    const { stand } = world;
    const { run, dir, namespace, proxy } = stand;
    copyChart(chartDir, join(dir, 'chart'));
    const kube = new KubeApi(run.cluster);
    const name = `${namespace}-system`;
    await kube.call('POST', '/api/v1/namespaces', {
      metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    });
    // As kubelet labels it: DaemonSets look for it.
    await labelNode(kube, 'linux');
    const services = await ClusterServices.start(join(dir, 'services'), [
      { ...apiService, target: portOf(run.cluster.server) },
      { ...vaultService, target: portOf(proxy.address) },
    ]);
    return new Installation(world, kube, services);
  }

  /** `helm install` with these values, until everything is ready. Answers what helm said. */
  async install(...values: readonly string[]): Promise<string> {
    this.#isInstalled = true;
    const { repository, tag } = image;
    const own = [`image.repository=${repository}`, `image.tag=${tag}`];
    const store = `vault.address=http://${vaultService.address}:${vaultService.port}`;
    // The CRD is there already.
    return await this.#helm(
      'install',
      this.#chart,
      '--take-ownership',
      '--wait',
      ...toSets([...own, store, ...values]),
    );
  }

  /** `helm upgrade` with these values changed, until everything is ready. */
  async upgrade(...values: readonly string[]): Promise<string> {
    return await this.#helm('upgrade', this.#chart, '--reuse-values', '--wait', ...toSets(values));
  }

  async uninstall(): Promise<string> {
    const said = await this.#helm('uninstall');
    this.#isInstalled = false;
    return said;
  }

  /** Pods of a component that run, by uid. */
  uids(component: string): readonly string[] {
    return this.kubelet.running(component).map(({ plan }) => plan.metadata.uid);
  }

  /** Everything that accounts of the release asked of the API server, as `ACCOUNT VERB RESOURCE: STATUS`, each once. */
  requests(): readonly string[] {
    const prefix = `system:serviceaccount:${this.namespace}:`;
    const lines = readFileSync(this.#world.stand.run.cluster.auditLog, 'utf8').split('\n');
    const own = lines.filter((line) => line.includes(prefix)).map((line) => JSON.parse(line) as AuditEntry);
    return [...new Set(own.filter(({ user }) => user.username.startsWith(prefix)).map(describeEntry))].toSorted();
  }

  /** What its containers have printed becomes evidence. Nothing of it is left on the API server. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { stand } = this.#world;
    // Of a test that has failed meanwhile.
    await this.#running;
    if (this.#isInstalled) await this.#helm('uninstall', '--no-hooks');
    await this.kubelet.stop();
    for (const pod of this.kubelet.pods) stand.evidence.add('logs of the daemon', pod.output);
    await this.#markKey();
    await this.#gather(stand.namespace);
    await this.#gather(this.namespace);
    for (const list of ownLists(stand.namespace)) await this.#kube.remove(list);
    await this.#kube.remove(`/api/v1/namespaces/${this.namespace}`);
    await labelNode(this.#kube, null);
    await this.#services.close();
    await this.#kube.close();
  }

  get #chart(): string {
    return join(this.#world.stand.dir, 'chart');
  }

  async #helm(command: string, ...args: readonly string[]): Promise<string> {
    const { kubeconfig } = this.#world.stand.run.cluster;
    const place = [`--namespace=${this.namespace}`, '--timeout=120s'];
    this.#running = helm(kubeconfig, command, release, ...args, ...place);
    const { code, output } = await this.#running;
    if (code !== 0) throw new Error([output, ...this.kubelet.problems].join('\n'));
    return output;
  }

  async #keepMetrics(pod: PlayedPod): Promise<void> {
    if (!['provider', 'controller'].includes(pod.component)) return;
    this.#world.stand.evidence.add('metrics', await pod.metrics());
  }

  async #markKey(): Promise<void> {
    const path = `/api/v1/namespaces/${this.namespace}/secrets/lockstep-version-key`;
    const found = await this.#kube.find<KubeObject & { data: { key: string } }>(path);
    if (found !== undefined) this.#world.stand.evidence.mark('the version key of the release', found.data.key);
  }

  /** What people without a right to read Secrets see. */
  async #gather(namespace: string): Promise<void> {
    const { evidence } = this.#world.stand;
    const lists = [...ownLists(namespace), `/apis/events.k8s.io/v1/namespaces/${namespace}/events`];
    for (const list of lists) evidence.add('objects', await this.#kube.listMetadata(list));
    for (const list of lists.slice(0, 2)) evidence.add('objects', JSON.stringify(await this.#kube.call('GET', list)));
  }
}

interface AuditEntry {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly objectRef?: { readonly resource: string; readonly subresource?: string };
  readonly requestURI: string;
  readonly responseStatus: { readonly code: number };
}

function describeEntry({ user, verb, objectRef, requestURI, responseStatus }: AuditEntry): string {
  const { resource, subresource } = objectRef ?? { resource: requestURI };
  const account = user.username.split(':').at(-1);
  return `${account} ${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}: ${responseStatus.code}`;
}

function ownLists(namespace: string): readonly string[] {
  return [
    `${syncGroup}/namespaces/${namespace}/secretproviderclasssyncs`,
    `${classGroup}/namespaces/${namespace}/secretproviderclasses`,
    `/api/v1/namespaces/${namespace}/secrets`,
  ];
}

async function labelNode(kube: KubeApi, os: string | null): Promise<void> {
  await kube.call('PATCH', `/api/v1/nodes/${nodeName}`, { metadata: { labels: { 'kubernetes.io/os': os } } });
}

function toSets(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => ['--set', value]);
}

function portOf(address: string): number {
  return Number(new URL(address).port);
}
