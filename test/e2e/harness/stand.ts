import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { nodeName } from './control-plane.ts';
import { type DriverVersion, startCsiDriver } from './csi-driver.ts';
import { Evidence } from './evidence.ts';
import { type Cluster, KubeApi } from './kube-api.ts';
import { Kubelet } from './kubelet.ts';
import { type ServerProcess, unmountBelow } from './processes.ts';
import { sources } from './daemon.ts';
import { Provider } from './provider.ts';
import { StoreProxy } from './store-proxy.ts';
import { VaultApi } from './vault-api.ts';
import { Volume, type VolumeOptions } from './volume.ts';

/** What the global set-up hands to every test file. Plain data. */
export interface E2eRun {
  readonly runDir: string;
  readonly cluster: Cluster;
  readonly vault: { readonly address: string; readonly token: string };
}

export interface ObjectOptions {
  readonly objectName: string;
  readonly secretPath: string;
  readonly secretKey?: string;
  readonly filePermission?: number;
}

type PodOptions = Partial<Pick<VolumeOptions, 'audiences' | 'tokensIn' | 'attributes'>> & {
  readonly serviceAccount?: string;
};

/** A node with the real CSI driver, a namespace, a proxied Vault and a folder of provider sockets, for one test file. */
export class Stand {
  readonly run: E2eRun;
  readonly dir: string;
  readonly namespace: string;
  readonly kube: KubeApi;
  readonly vault: VaultApi;
  /** In front of the shared Vault; the address that `putClass` writes unless told otherwise. */
  readonly proxy: StoreProxy;
  readonly evidence = new Evidence();
  readonly providerDir: string;
  /** The driver prefers a socket that stands here. */
  readonly firstProviderDir: string;
  readonly versionKey = randomBytes(32);
  /** Store variables of the daemons that start from now on. */
  environment: Readonly<Record<string, string>> = {};
  /** Program and arguments that run `lockstep` for the daemons that start from now on. */
  command: readonly string[] = sources;
  readonly #driver: ServerProcess;
  readonly #kubelet: Kubelet;
  readonly #providers: Provider[] = [];
  #pods = 0;

  private constructor(parts: StandParts) {
    this.run = parts.run;
    this.dir = parts.dir;
    this.namespace = parts.namespace;
    this.kube = parts.kube;
    this.vault = parts.vault;
    this.proxy = parts.proxy;
    this.providerDir = join(parts.dir, 'providers');
    this.firstProviderDir = join(parts.dir, 'first');
    this.#driver = parts.driver;
    this.#kubelet = new Kubelet(parts.socket);
    this.evidence.mark('the administrator of Vault', parts.vault.token);
    this.evidence.mark('the administrator of the cluster', parts.run.cluster.adminToken);
    writeFileSync(this.#versionKeyFile, this.versionKey);
    this.evidence.mark('the version key', this.versionKey.toString('base64'));
    this.evidence.mark('the version key', this.versionKey.toString('hex'));
  }

  /** `slug` names the namespace and the folder of this stand. */
  static async start(run: E2eRun, slug: string, version: DriverVersion): Promise<Stand> {
    const dir = join(run.runDir, slug);
    const providerDir = join(dir, 'providers');
    mkdirSync(providerDir, { recursive: true });
    const kube = new KubeApi(run.cluster);
    await kube.createNamespace(slug, ['app', 'other']);
    const vault = new VaultApi(run.vault.address, run.vault.token);
    await vault.putRole('app');
    const proxy = await StoreProxy.start(run.vault.address);
    const { runDir, cluster } = run;
    const firstProviderDir = join(dir, 'first');
    const { driver, socket } = await startCsiDriver({ runDir, dir, providerDir, firstProviderDir, cluster, version });
    return new Stand({ run, dir, namespace: slug, kube, vault, proxy, driver, socket });
  }

  /** Our daemon on this node; several may run at once. */
  async startProvider(...flags: readonly string[]): Promise<Provider> {
    const log = join(this.dir, `provider-${this.#providers.length + 1}.log`);
    const { runDir } = this.run;
    const { providerDir, command, environment: env } = this;
    const provider = await Provider.start({
      runDir,
      providerDir,
      versionKeyFile: this.#versionKeyFile,
      log,
      flags,
      env,
      command,
    });
    this.#providers.push(provider);
    return provider;
  }

  /** Ends a daemon as a rolling update does, after taking its metrics as evidence. Answers its exit code. */
  async stopProvider(provider: Provider, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!provider.process.running) return await provider.process.exited;
    this.evidence.add('metrics', await provider.metrics());
    return await provider.process.stop(signal, 120_000);
  }

  async stopProviders(): Promise<void> {
    for (const provider of this.#providers) await this.stopProvider(provider);
  }

  /** A SecretProviderClass for Vault at the proxy; `parameters` win over what stands here. */
  async putClass(
    name: string,
    objects: readonly ObjectOptions[],
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const own = { roleName: 'app', vaultAddress: this.proxy.address, objects: stringify(objects) };
    await this.putProviderClass(name, 'vault', { ...own, ...parameters });
  }

  /** A SecretProviderClass for any provider, with these parameters alone. */
  async putProviderClass(name: string, provider: string, parameters: Readonly<Record<string, string>>): Promise<void> {
    const path = `/apis/secrets-store.csi.x-k8s.io/v1/namespaces/${this.namespace}/secretproviderclasses`;
    await this.kube.call('POST', path, {
      apiVersion: 'secrets-store.csi.x-k8s.io/v1',
      kind: 'SecretProviderClass',
      metadata: { name },
      spec: { provider, parameters },
    });
  }

  /** Writes a version 2 secret with one key `value` that holds a fresh marker, and answers the marker. */
  async putSecret(path: string, vault = this.vault): Promise<string> {
    const value = this.evidence.newSecret(path);
    await vault.putSecret(path, { value });
    return value;
  }

  /** A pod that mounts the class. */
  async createVolume(className: string, options: PodOptions = {}): Promise<Volume> {
    const { namespace, kube, evidence } = this;
    const serviceAccount = options.serviceAccount ?? 'app';
    const name = `pod-${++this.#pods}`;
    const uid = await kube.createPod({ namespace, name, serviceAccount, className, node: nodeName });
    return new Volume({
      kube,
      kubelet: this.#kubelet,
      pod: { namespace, name, uid, serviceAccount },
      className,
      podsDir: join(this.dir, 'pods'),
      audiences: options.audiences ?? ['vault'],
      tokensIn: options.tokensIn ?? 'secrets',
      attributes: options.attributes ?? {},
      observe: {
        error: (error) => evidence.addRefusal(error),
        token: (token) => evidence.mark('a service-account token', token),
      },
    });
  }

  /** Ends everything of this stand and gathers what it printed. */
  async close(): Promise<void> {
    await this.stopProviders();
    for (const provider of this.#providers) this.evidence.add('logs of the daemon', provider.log());
    await this.#gatherStatuses();
    // The rotation controller of 1.5 works through all statuses of its node, also those that another file has left.
    await this.kube.call('DELETE', this.#statuses);
    this.#kubelet.close();
    await this.#driver.stop();
    this.evidence.add('log of the driver', this.#driver.output());
    for (const { token } of this.proxy.allRequests) if (token !== '') this.evidence.mark('a Vault token', token);
    await this.proxy.close();
    await this.kube.close();
    unmountBelow(this.dir);
  }

  get #statuses(): string {
    return `/apis/secrets-store.csi.x-k8s.io/v1/namespaces/${this.namespace}/secretproviderclasspodstatuses`;
  }

  get #versionKeyFile(): string {
    return join(this.dir, 'version-key');
  }

  /** Pod statuses and events: what `kubectl` shows. */
  async #gatherStatuses(): Promise<void> {
    const paths = [this.#statuses, `/api/v1/namespaces/${this.namespace}/events`];
    for (const path of paths) this.evidence.add(path, JSON.stringify(await this.kube.call('GET', path)));
  }
}

interface StandParts {
  readonly run: E2eRun;
  readonly dir: string;
  readonly namespace: string;
  readonly kube: KubeApi;
  readonly vault: VaultApi;
  readonly proxy: StoreProxy;
  readonly driver: ServerProcess;
  readonly socket: string;
}
