import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { applyCrds } from './apply-manifests.ts';
import { Controller } from './controller.ts';
import { type Identity, shippedIdentity } from './controller-identity.ts';
import { Evidence } from './evidence.ts';
import { KubeApi } from './kube-api.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { KubeFront } from './kube-front.ts';
import { type Finished, kubectl, run as runProgram } from './kubectl.ts';
import { mainFile, sources } from './daemon.ts';
import type { E2eRun } from './stand.ts';
import { StoreProxy } from './store-proxy.ts';
import { classGroup, syncGroup, Tenant } from './tenant.ts';
import { VaultApi } from './vault-api.ts';

export interface ControllerStandOptions {
  /** Mount of Kubernetes auth in the shared Vault that knows the tokens of this cluster. */
  readonly authMount?: string;
  /** Suffixes of further namespaces in which the controller may work, besides the main one; everywhere unless said otherwise. */
  readonly grant?: readonly string[];
  /** Where its rights come from; the manifests that we ship unless said otherwise. */
  readonly identity?: Identity;
}

/** A namespace, a proxied Vault and any number of replicas of the controller, each behind a front, for one test file. */
export class ControllerStand {
  readonly run: E2eRun;
  readonly dir: string;
  /** The controller's own namespace. */
  readonly system: string;
  readonly kube: KubeApi;
  readonly vault: VaultApi;
  /** In front of the shared Vault; the address that classes name unless told otherwise. */
  readonly proxy: StoreProxy;
  readonly evidence: Evidence;
  /** The namespace that most tests use, with the service accounts `app` and `other`. */
  readonly tenant: Tenant;
  /** Store variables of the replicas that start from now on. */
  environment: Readonly<Record<string, string>> = {};
  /** Program and arguments that run `lockstep` for the replicas that start from now on. */
  command: readonly string[] = sources;
  readonly #slug: string;
  readonly #token: string;
  readonly #identity: Identity;
  readonly #defaults: Readonly<Record<string, string>>;
  readonly #controllers: Controller[] = [];
  #launched = 0;
  readonly #tenants: Tenant[] = [];

  private constructor(parts: StandParts) {
    this.run = parts.run;
    this.#slug = parts.slug;
    this.dir = join(parts.run.runDir, parts.slug);
    this.system = `${parts.slug}-system`;
    this.kube = parts.kube;
    this.vault = parts.vault;
    this.proxy = parts.proxy;
    this.#token = parts.token;
    this.#identity = parts.identity;
    this.#defaults = parts.defaults;
    this.tenant = parts.tenant;
    this.#tenants.push(parts.tenant);
    this.evidence = new Evidence();
    this.evidence.mark('the administrator of Vault', parts.vault.token);
    this.evidence.mark('the administrator of the cluster', parts.run.cluster.adminToken);
    this.evidence.mark('the controller’s own token', parts.token);
  }

  /** `slug` names the namespaces and the folder of this stand. */
  static async start(run: E2eRun, slug: string, options: ControllerStandOptions = {}): Promise<ControllerStand> {
    mkdirSync(join(run.runDir, slug), { recursive: true });
    const kube = new KubeApi(run.cluster);
    await applyCrds(kube);
    await kube.createNamespace(slug, accounts);
    const { authMount = 'kubernetes', grant, identity = shippedIdentity } = options;
    const vault = new VaultApi(run.vault.address, run.vault.token);
    await vault.putRole('app', {}, authMount);
    const proxy = await StoreProxy.start(run.vault.address);
    const granted = grant?.map((suffix) => `${slug}-${suffix}`);
    for (const name of granted ?? []) await kube.createNamespace(name, accounts);
    const namespaces = granted === undefined ? 'all' : [slug, ...granted];
    const token = await identity.create({ kube, system: `${slug}-system`, namespaces });
    const defaults = { roleName: 'app', vaultAddress: proxy.address, vaultKubernetesMountPath: authMount };
    const tenant = new Tenant(slug, kube, defaults);
    return new ControllerStand({ run, slug, kube, vault, proxy, token, identity, defaults, tenant });
  }

  /** Another replica, behind a front of its own. */
  async startController(...flags: readonly string[]): Promise<Controller> {
    const controller = await this.launchController(...flags);
    await controller.started();
    return controller;
  }

  /** The same, without waiting until it is ready. */
  async launchController(...flags: readonly string[]): Promise<Controller> {
    const name = `controller-${++this.#launched}`;
    const dir = join(this.dir, name);
    mkdirSync(dir);
    const { runDir, cluster } = this.run;
    const front = await KubeFront.start({ cluster, dir, onToken: (answer) => this.#markToken(answer) });
    const kubeconfig = join(dir, 'kubeconfig');
    const { server, ca } = front;
    writeKubeconfig(kubeconfig, { server, ca, token: this.#token, namespace: this.system });
    const log = join(dir, 'controller.log');
    // As the downward API says it.
    const env = { POD_NAMESPACE: this.system, POD_NAME: name, ...this.environment };
    const { command } = this;
    const controller = await Controller.launch({ runDir, kubeconfig, front, log, flags, env, command });
    this.#controllers.push(controller);
    return controller;
  }

  /** Ends a replica as a rolling update does, after taking its metrics as evidence. Answers its exit code. */
  async stopController(controller: Controller, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!controller.process.running) return await controller.process.exited;
    this.evidence.add('metrics', await controller.metrics());
    return await controller.process.stop(signal, 60_000);
  }

  /** Another namespace, `SLUG-SUFFIX`, with the service accounts `app` and `other`. */
  async createTenant(suffix: string): Promise<Tenant> {
    const name = `${this.#slug}-${suffix}`;
    await this.kube.createNamespace(name, accounts);
    return this.tenantOf(name);
  }

  /** A namespace that stands there already. */
  tenantOf(namespace: string): Tenant {
    const tenant = new Tenant(namespace, this.kube, this.#defaults);
    this.#tenants.push(tenant);
    return tenant;
  }

  /** Writes a version 2 secret with one key `value` that holds a fresh marker, and answers the marker. */
  async putSecret(path: string): Promise<string> {
    const value = this.evidence.newSecret(path);
    await this.vault.putSecret(path, { value });
    return value;
  }

  /** The real kubectl as the administrator. What it prints is evidence. */
  async kubectl(...args: readonly string[]): Promise<Finished> {
    const finished = await kubectl(this.run.cluster.kubeconfig, ...args);
    this.evidence.add('kubectl', finished.output);
    return finished;
  }

  /** `kubectl wait --for=condition=Ready spcsync/NAME`: its exit code is that of the wait. */
  async waitReady(name: string, timeout = '15s'): Promise<Finished> {
    const wait = ['wait', '--for=condition=Ready', `spcsync/${name}`, `--timeout=${timeout}`];
    return await this.kubectl(...wait, `--namespace=${this.tenant.namespace}`);
  }

  /** A command of lockstep as the administrator. What it prints is evidence. */
  async lockstep(...args: readonly string[]): Promise<Finished> {
    const kubeconfig = `--kubeconfig=${this.run.cluster.kubeconfig}`;
    const finished = await runProgram(process.execPath, [mainFile, ...args, kubeconfig]);
    this.evidence.add('commands', finished.output);
    return finished;
  }

  /** Everything of every front misbehaves no more. */
  behave(): void {
    this.proxy.behave();
    for (const { front } of this.#controllers) front.behave();
  }

  /** Ends everything of this stand and gathers what it printed. */
  async close(): Promise<void> {
    this.behave();
    for (const controller of this.#controllers) {
      controller.process.signal('SIGCONT');
      await this.stopController(controller);
      this.evidence.add('logs of the controller', controller.log());
      this.evidence.add('requests', controller.front.allRecords.map(({ path }) => path).join('\n'));
      await controller.front.close();
    }
    for (const tenant of this.#tenants) await this.#gather(tenant.namespace);
    await this.#gather(this.system);
    for (const tenant of this.#tenants) await this.#clear(tenant.namespace);
    await this.#identity.remove(this.kube, this.system);
    for (const { token } of this.proxy.allRequests) if (token !== '') this.evidence.mark('a Vault token', token);
    await this.proxy.close();
    await this.kube.close();
  }

  /** Everything that somebody with no right to read Secrets can read. */
  async #gather(namespace: string): Promise<void> {
    const lists = [
      `${syncGroup}/namespaces/${namespace}/secretproviderclasssyncs`,
      `${classGroup}/namespaces/${namespace}/secretproviderclasses`,
      `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
      `/api/v1/namespaces/${namespace}/configmaps`,
      `/api/v1/namespaces/${namespace}/serviceaccounts`,
      `/api/v1/namespaces/${namespace}/pods`,
      ...workloads.map((plural) => `/apis/apps/v1/namespaces/${namespace}/${plural}`),
      `/apis/batch/v1/namespaces/${namespace}/cronjobs`,
    ];
    for (const list of lists) this.evidence.add('objects', JSON.stringify(await this.kube.call('GET', list)));
    this.evidence.add('metadata of Secrets', await this.kube.listMetadata(`/api/v1/namespaces/${namespace}/secrets`));
  }

  /** The controllers of the next test file watch all namespaces. */
  async #clear(namespace: string): Promise<void> {
    await this.kube.remove(`${syncGroup}/namespaces/${namespace}/secretproviderclasssyncs`);
    await this.kube.remove(`${classGroup}/namespaces/${namespace}/secretproviderclasses`);
    await this.kube.remove(`/api/v1/namespaces/${namespace}/secrets`);
  }

  #markToken(answer: string): void {
    const token = /"token":"([^"]+)"/.exec(answer)?.[1];
    if (token !== undefined) this.evidence.mark('a service-account token', token);
  }
}

/** And what their histories are made of. */
const workloads = ['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'controllerrevisions'];

/** Service accounts of every tenant. Vault's role is for the first. */
const accounts = ['app', 'other'];

interface StandParts {
  readonly run: E2eRun;
  readonly slug: string;
  readonly kube: KubeApi;
  readonly vault: VaultApi;
  readonly proxy: StoreProxy;
  readonly token: string;
  readonly identity: Identity;
  readonly defaults: Readonly<Record<string, string>>;
  readonly tenant: Tenant;
}
