import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse, stringify } from 'yaml';

import { ApiStand } from './api-e2e.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { Controller } from './controller.ts';
import { Evidence } from './evidence.ts';
import { KubeFront } from './kube-front.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import type { KubeObject } from './kube-api.ts';
import { PlayedKubelet } from './played-kubelet.ts';
import { sources } from './daemon.ts';
import { Readme } from './readme.ts';
import type { E2eRun } from './stand.ts';
import { classGroup, Tenant } from './tenant.ts';
import { until } from './until.ts';
import { VaultApi } from './vault-api.ts';

/** Where the README puts lockstep. */
export const system = 'lockstep-system';

/** A newcomer's: a cluster that never heard of lockstep, a Vault with the secrets of an example, a checkout, a namespace `shop`. */
export class ReadmeStand {
  readonly readme: Readme;
  readonly evidence: Evidence;
  readonly tenant: Tenant;
  /** Of the secrets in Vault. */
  readonly values: Readonly<Record<'username' | 'password' | 'token', string>>;
  readonly vault: VaultApi;
  readonly #run: E2eRun;
  readonly #plane: ControlPlane;
  readonly #dir: string;
  readonly #api: ApiStand;
  #controller: Controller | undefined;

  private constructor(run: E2eRun, plane: ControlPlane) {
    const { cluster } = plane;
    this.#run = run;
    this.#plane = plane;
    this.#dir = join(run.runDir, 'readme');
    this.#api = new ApiStand(cluster, system);
    this.tenant = new Tenant('shop', this.#api.kube, {});
    this.vault = new VaultApi(run.vault.address, run.vault.token);
    const evidence = new Evidence();
    evidence.mark('the administrator of Vault', run.vault.token);
    evidence.mark('the administrator of the cluster', cluster.adminToken);
    this.evidence = evidence;
    const [username, password, token] = ['username', 'password', 'token'].map((label) => evidence.newSecret(label));
    this.values = { username: username ?? '', password: password ?? '', token: token ?? '' };
    mkdirSync(this.#dir);
    const kubeconfig = join(this.#dir, 'kubeconfig');
    const { server, ca, adminToken } = cluster;
    writeKubeconfig(kubeconfig, { server, ca, token: adminToken, namespace: this.tenant.namespace });
    const onOutput = (output: string): void => evidence.add('commands', output);
    this.readme = new Readme({ kubeconfig, dir: this.#dir, onOutput });
  }

  static async start(run: E2eRun): Promise<ReadmeStand> {
    // Of its own: what the commands make is in none of our namespaces, and has none of our names.
    const stand = new ReadmeStand(run, await startControlPlane(run.runDir, 'readme-kubernetes'));
    await stand.#forgetLockstep();
    await stand.#fillVault();
    const { kube } = stand.#api;
    await kube.createNamespace(stand.tenant.namespace, ['shop']);
    const { kind, apiVersion, spec } = readExample();
    const parameters = { ...spec.parameters, vaultKubernetesMountPath: authMount };
    const declared = { apiVersion, kind, metadata: { name: 'db' }, spec: { ...spec, parameters } };
    await kube.call('POST', `${classGroup}/namespaces/${stand.tenant.namespace}/secretproviderclasses`, declared);
    return stand;
  }

  /** A file `my-class.yaml` beside the README's. */
  writeClass(): void {
    const object = { ...readExample(), metadata: { name: 'my-class' } };
    writeFileSync(join(this.readme.dir, 'my-class.yaml'), stringify(object));
  }

  /** `vault login`: leaves a token that reads the secrets in the reader's home. */
  async logIn(): Promise<void> {
    const { auth } = await this.vault.call<{ auth: { client_token: string } }>('POST', 'auth/token/create', {
      policies: [policy],
    });
    this.evidence.mark('the reader’s Vault token', auth.client_token);
    writeFileSync(join(this.#dir, '.vault-token'), auth.client_token, { mode: 0o600 });
  }

  /** A controller as the account that the README's manifests give it. */
  async startController(): Promise<void> {
    const { cluster } = this.#plane;
    const dir = join(this.#dir, 'controller');
    mkdirSync(dir);
    const audience = 'https://kubernetes.default.svc.cluster.local';
    const account = { namespace: system, serviceAccount: 'lockstep-controller', audience };
    const { token } = await this.#api.kube.createToken(account);
    this.evidence.mark('the controller’s own token', token);
    const front = await KubeFront.start({ cluster, dir, onToken: () => undefined });
    const kubeconfig = join(dir, 'kubeconfig');
    writeKubeconfig(kubeconfig, { server: front.server, ca: front.ca, token, namespace: system });
    const env = { POD_NAMESPACE: system, POD_NAME: 'controller', VAULT_ADDR: this.vault.address };
    const { runDir } = this.#run;
    const log = join(dir, 'controller.log');
    this.#controller = await Controller.launch({ runDir, kubeconfig, front, log, flags: [], env, command: sources });
    await this.#controller.started();
  }

  async stopController(): Promise<void> {
    if (this.#controller === undefined) return;
    await this.#controller.process.stop();
    this.evidence.add('logs of the controller', this.#controller.log());
    await this.#controller.front.close();
    this.#controller = undefined;
  }

  /** Two pods that want the Secret of the class, and to be restarted when it changes. */
  async createDeployment(): Promise<void> {
    const name = 'web';
    const labels = { app: name };
    const container = { name, image: 'registry.example/web', envFrom: [{ secretRef: { name: 'shop-database' } }] };
    await this.#api.kube.call('POST', `/apis/apps/v1/namespaces/${this.tenant.namespace}/deployments`, {
      metadata: { name, labels: { 'lockstep.dev/rollout': 'restart' } },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    });
  }

  /** Who runs the Jobs of the chart. */
  playKubelet(): PlayedKubelet {
    return new PlayedKubelet(this.#api, system, this.#dir);
  }

  async find(path: string): Promise<KubeObject | undefined> {
    return await this.#api.kube.find<KubeObject>(path);
  }

  async close(): Promise<void> {
    await this.stopController();
    await this.#api.close();
    await this.#plane.stop();
  }

  /** Removes what every control plane of ours has from its start. */
  async #forgetLockstep(): Promise<void> {
    const { kube } = this.#api;
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    for (const kind of ['clusterroles', 'clusterrolebindings']) await kube.remove(`${rbac}/${kind}/lockstep-provider`);
    await kube.remove(crdPath);
    await until(async () => (await kube.find(crdPath)) === undefined, { what: 'the CRD to be gone' });
  }

  async #fillVault(): Promise<void> {
    const { vault, values } = this;
    await vault.mountKubernetesAuth(authMount, this.#plane.cluster);
    const paths = ['secret/data/shop/*', 'kv/*'].map((path) => `path "${path}" { capabilities = ["read"] }`);
    await vault.call('PUT', `sys/policies/acl/${policy}`, { policy: paths.join('\n') });
    const role = { bound_service_account_names: 'shop', token_policies: policy };
    await vault.putRole('shop', role, authMount);
    await vault.call('POST', 'sys/mounts/kv', { type: 'kv', options: { version: '1' } });
    await vault.call('PUT', 'kv/legacy', { token: values.token });
    await vault.putSecret('shop/database', { username: values.username, password: values.password });
  }
}

interface Example extends KubeObject {
  readonly spec: { readonly parameters: Readonly<Record<string, string>> };
}

const authMount = 'kubernetes-readme';
const policy = 'readme';
const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/secretproviderclasssyncs.lockstep.dev';
const exampleFile = join(import.meta.dirname, '../../../deploy/examples/vault-kv.yaml');

function readExample(): Example {
  // The edge of the harness: our own example.
  return parse(readFileSync(exampleFile, 'utf8')) as Example;
}
