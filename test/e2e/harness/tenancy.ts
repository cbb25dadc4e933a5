import { join } from 'node:path';

import type { ApiStand } from './api-e2e.ts';
import { applyCrds } from './apply-manifests.ts';
import type { KubeApi } from './kube-api.ts';
import { kubectl } from './kubectl.ts';
import { until } from './until.ts';

const syncs = { apiGroups: ['lockstep.dev'], resources: ['secretproviderclasssyncs'] };
const classes = { apiGroups: ['secrets-store.csi.x-k8s.io'], resources: ['secretproviderclasses'] };
const tokens = { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] };
const pods = { apiGroups: [''], resources: ['pods'], verbs: ['create'] };
const oneSecret = { apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: ['approle'] };
/** What an author of manifests may do at least. */
const author = [syncs, classes].map((kind) => ({ ...kind, verbs: ['get', 'create', 'update', 'patch'] }));

/** Who writes, and with which rights in the namespace. */
const authors = {
  'manifests-only': author,
  'tokens-of-app': [...author, { ...tokens, resourceNames: ['app'] }],
  'all-tokens': [...author, tokens],
  pods: [...author, pods],
  'secret-reader': [...author, tokens, oneSecret],
  approver: [...author, { ...syncs, verbs: ['approve'] }],
} as const;

export const system = 'lockstep-system';
export const controller = 'lockstep-controller';
/** A class with it may be synced. */
export const label = { 'lockstep.dev/sync': 'true' };
export const approval = { 'lockstep.dev/approve': '1' };

export type Author = keyof typeof authors | 'lockstep-controller' | 'administrator';

const deploy = join(import.meta.dirname, '../../../deploy');
const manifests = ['policies', 'rbac'].map((dir) => `--filename=${join(deploy, dir)}`);

/** Our policies and the controller's role on the API server, authors of all sorts, and objects that stand there already. */
export class Tenancy {
  readonly #stand: ApiStand;
  readonly #apis = new Map<string, KubeApi>();

  private constructor(stand: ApiStand) {
    this.#stand = stand;
    this.#apis.set('administrator', stand.kube);
  }

  /** Resolves when every policy is in force. */
  static async start(stand: ApiStand): Promise<Tenancy> {
    const tenancy = new Tenancy(stand);
    const { kube } = stand;
    await applyCrds(kube);
    await kube.call('POST', tenancy.#syncs(), toSync('present', {}));
    await kube.call('POST', tenancy.#classes(), toClass('labelled', label));
    await kube.call('POST', tenancy.#classes(), toClass('unlabelled', {}));
    for (const [name, rules] of Object.entries(authors)) {
      tenancy.#apis.set(name, await stand.createAuthor(name, rules));
    }
    await kube.createNamespace(system, []);
    await kubectlDone(stand, 'apply', ...manifests);
    tenancy.#apis.set(controller, await stand.as(controller, system));
    await tenancy.#untilInForce();
    return tenancy;
  }

  /** Tries to create one, and leaves nothing behind. */
  async createSync(by: Author, spec: object = {}, metadata: object = {}): Promise<unknown> {
    return await this.#as(by).call('POST', `${this.#syncs()}?dryRun=All`, toSync('attempt', spec, metadata));
  }

  /** A merge patch of the SecretProviderClassSync `present`. */
  async patchSync(by: Author, patch: object): Promise<unknown> {
    return await this.#as(by).call('PATCH', `${this.#syncs()}/present`, patch);
  }

  async approve(by: Author, version: string | null): Promise<unknown> {
    return await this.patchSync(by, { metadata: { annotations: { 'lockstep.dev/approve': version } } });
  }

  /** Tries to create one, and leaves nothing behind. */
  async createClass(by: Author, labels: object): Promise<unknown> {
    return await this.#as(by).call('POST', `${this.#classes()}?dryRun=All`, toClass('attempt', labels));
  }

  /** Tries a merge patch of the class `labelled` or `unlabelled`. */
  async patchClass(by: Author, name: string, patch: object): Promise<unknown> {
    return await this.#as(by).call('PATCH', `${this.#classes()}/${name}?dryRun=All`, patch);
  }

  /** For the service account `app`. */
  async requestToken(by: Author, spec: object): Promise<unknown> {
    const path = `/api/v1/namespaces/${this.#stand.namespace}/serviceaccounts/app/token`;
    return await this.#as(by).call('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec,
    });
  }

  async createSecret(by: Author, secret: object): Promise<unknown> {
    const path = `/api/v1/namespaces/${this.#stand.namespace}/secrets`;
    return await this.#as(by).call('POST', path, { apiVersion: 'v1', kind: 'Secret', ...secret });
  }

  /** The API server is as it was for the next test file. */
  async close(): Promise<void> {
    await kubectlDone(this.#stand, 'delete', ...manifests);
    await this.#stand.kube.remove(`/api/v1/namespaces/${system}`);
  }

  #as(name: Author): KubeApi {
    const api = this.#apis.get(name);
    if (api === undefined) throw new Error(`no ${name}`);
    return api;
  }

  #syncs(): string {
    return `/apis/lockstep.dev/v1alpha1/namespaces/${this.#stand.namespace}/secretproviderclasssyncs`;
  }

  #classes(): string {
    return `/apis/secrets-store.csi.x-k8s.io/v1/namespaces/${this.#stand.namespace}/secretproviderclasses`;
  }

  /** The API server takes them up one after the other. */
  async #untilInForce(): Promise<void> {
    await untilRefused('lockstep-sync-authors', () => this.createSync('manifests-only'));
    await untilRefused('lockstep-class-authors', () => this.createClass('manifests-only', label));
    await untilRefused('lockstep-approvals', () => this.createSync('pods', {}, { annotations: approval }));
    await untilRefused('lockstep-token-requests', () => this.requestToken(controller, { audiences: ['no-store'] }));
    await untilRefused('lockstep-token-secrets', () => this.createSecret(controller, tokenSecret));
  }
}

/** One that the API server would fill with a token of the account `app`. */
export const tokenSecret = {
  metadata: { name: 'token-of-app', annotations: { 'kubernetes.io/service-account.name': 'app' } },
  type: 'kubernetes.io/service-account-token',
};

function toSync(name: string, spec: object, metadata: object = {}): object {
  return {
    apiVersion: 'lockstep.dev/v1alpha1',
    kind: 'SecretProviderClassSync',
    metadata: { name, ...metadata },
    spec: { secretProviderClassName: 'labelled', serviceAccountName: 'app', ...spec },
  };
}

function toClass(name: string, labels: object): object {
  return {
    apiVersion: 'secrets-store.csi.x-k8s.io/v1',
    kind: 'SecretProviderClass',
    metadata: { name, labels },
    spec: { provider: 'vault', parameters: { roleName: 'app' } },
  };
}

async function kubectlDone({ cluster }: ApiStand, ...args: readonly string[]): Promise<void> {
  const { code, output } = await kubectl(cluster.kubeconfig, ...args);
  if (code !== 0 || output.includes('Warning')) throw new Error(`kubectl ${args[0]}: ${output}`);
}

async function untilRefused(policy: string, attempt: () => Promise<unknown>): Promise<void> {
  const isRefused = (): Promise<boolean> =>
    attempt().then(
      () => false,
      (error: unknown) => String(error).includes(`ValidatingAdmissionPolicy '${policy}'`),
    );
  await until(isRefused, { what: `${policy} to be in force` });
}
