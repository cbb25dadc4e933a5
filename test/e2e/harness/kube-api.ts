import { Agent, request } from 'undici';

/** How to reach the API server of the run; plain data, handed from the global set-up to the test files. */
export interface Cluster {
  readonly server: string;
  /** The API server's own certificate, PEM. */
  readonly ca: string;
  readonly adminToken: string;
  /** Kubeconfig of the administrator. */
  readonly kubeconfig: string;
  /** Kubeconfig of the user `lockstep-provider`, who may create tokens and get service accounts and nodes, nothing else. */
  readonly providerKubeconfig: string;
  /** One line of JSON per request (level Metadata). */
  readonly auditLog: string;
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  };
  readonly [field: string]: unknown;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface TokenOptions {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** One audience; kubelet asks for one token per audience. */
  readonly audience: string;
  /** Binds the token to a pod, as kubelet does. */
  readonly pod?: { readonly name: string; readonly uid: string };
}

export interface Token {
  readonly token: string;
  readonly expirationTimestamp: string;
}

/** The Secrets Store CSI driver's own name in the API. */
export const csiDriverName = 'secrets-store.csi.k8s.io';

/** The API server as its administrator. */
export class KubeApi {
  readonly #cluster: Cluster;
  readonly #agent: Agent;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#agent = new Agent({ connect: { ca: cluster.ca } });
  }

  /** Throws with the API server's own words for a status of 400 and above. A PATCH is a merge patch. */
  async call<T>(method: Method, path: string, body?: object): Promise<T> {
    // The edge of the harness: the API server answers what its own schema says.
    return JSON.parse(await this.#send(method, path, body)) as T;
  }

  /** Undefined: the API server answers 404. */
  async find<T>(path: string): Promise<T | undefined> {
    const { status, text } = await this.#request('GET', path);
    if (status === 404) return undefined;
    if (status >= 400) throw new Error(`GET ${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** The metadata of all objects of a list, without their bodies. */
  async listMetadata(path: string): Promise<string> {
    return (await this.#request('GET', path, { accept: metadataList })).text;
  }

  /** There already is fine: it stays as it is. */
  async createMissing(path: string, body: object): Promise<void> {
    const { status, text } = await this.#request('POST', path, { body });
    if (status >= 400 && status !== 409) throw new Error(`POST ${path}: ${status} ${text}`);
  }

  /** Gone already is fine. */
  async remove(path: string): Promise<void> {
    const { status, text } = await this.#request('DELETE', path);
    if (status >= 400 && status !== 404) throw new Error(`DELETE ${path}: ${status} ${text}`);
  }

  async isReady(): Promise<boolean> {
    return (await this.#send('GET', '/readyz')) === 'ok';
  }

  async createToken(options: TokenOptions): Promise<Token> {
    const path = `/api/v1/namespaces/${options.namespace}/serviceaccounts/${options.serviceAccount}/token`;
    const bound = options.pod && { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', ...options.pod } };
    const answer = await this.call<{ status: Token }>('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: [options.audience], expirationSeconds: 3600, ...bound },
    });
    return answer.status;
  }

  async createNamespace(name: string, serviceAccounts: readonly string[]): Promise<void> {
    await this.call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    for (const account of serviceAccounts) {
      const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace: name } };
      await this.call('POST', `/api/v1/namespaces/${name}/serviceaccounts`, body);
    }
  }

  /** A pod that is bound to a node, has one CSI volume and is run by nobody. Answers its uid. */
  async createPod(options: {
    readonly namespace: string;
    readonly name: string;
    readonly serviceAccount: string;
    readonly className: string;
    readonly node: string;
  }): Promise<string> {
    const { namespace, name, className } = options;
    const volumeAttributes = { secretProviderClass: className };
    const pod = await this.call<KubeObject>('POST', `/api/v1/namespaces/${namespace}/pods`, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace },
      spec: {
        serviceAccountName: options.serviceAccount,
        nodeName: options.node,
        containers: [{ name: 'app', image: 'registry.example/app' }],
        volumes: [{ name: 'secrets', csi: { driver: csiDriverName, readOnly: true, volumeAttributes } }],
      },
    });
    return pod.metadata.uid ?? '';
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #send(method: Method, path: string, body?: object): Promise<string> {
    const { status, text } = await this.#request(method, path, { body });
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  }

  async #request(method: Method, path: string, { body, accept }: RequestOptions = {}) {
    const response = await request(this.#cluster.server + path, {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${this.#cluster.adminToken}`,
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        accept: accept ?? 'application/json',
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.statusCode, text: await response.body.text() };
  }
}

interface RequestOptions {
  readonly body?: object | undefined;
  readonly accept?: string;
}

const metadataList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
