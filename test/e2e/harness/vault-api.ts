import { readFileSync } from 'node:fs';

import { Agent, request } from 'undici';

import type { Cluster } from './kube-api.ts';

export interface RoleOptions {
  readonly token_policies?: string;
  readonly token_ttl?: string;
  readonly token_max_ttl?: string;
  readonly token_num_uses?: number;
  readonly bound_service_account_names?: string;
  readonly bound_service_account_namespaces?: string;
  readonly audience?: string;
}

/** A Vault as its administrator. */
export class VaultApi {
  readonly address: string;
  readonly token: string;
  readonly #ca: (() => string) | undefined;

  constructor(address: string, token: string, tls?: { readonly ca: string }) {
    this.address = address;
    this.token = token;
    this.#ca = tls && (() => readFileSync(tls.ca, 'utf8'));
  }

  /** Throws with Vault's own words for a status of 400 and above. */
  async call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<T> {
    const answer = await this.#send(method, path, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    // The edge of the harness: Vault answers what its own documentation says, or nothing.
    return (answer.text === '' ? undefined : JSON.parse(answer.text)) as T;
  }

  /** Initialized, unsealed, and the leader. */
  async isActive(): Promise<boolean> {
    return (await this.#send('GET', 'sys/health')).status === 200;
  }

  /** Up, perhaps sealed. */
  async answers(): Promise<boolean> {
    return (await this.#send('GET', 'sys/seal-status')).status === 200;
  }

  /** Kubernetes auth at `auth/kubernetes`, and a policy `app` that reads everything in the engines `secret` and `kv1`. */
  async enableKubernetesAuth(cluster: Cluster): Promise<void> {
    await this.mountKubernetesAuth('kubernetes', cluster);
    const policy = ['secret/data/*', 'kv1/*'].map((path) => `path "${path}" { capabilities = ["read"] }`).join('\n');
    await this.call('PUT', 'sys/policies/acl/app', { policy });
    await this.call('POST', 'sys/mounts/kv1', { type: 'kv', options: { version: '1', leased_passthrough: 'true' } });
  }

  /** Kubernetes auth at `auth/MOUNT`, for the tokens of a cluster. */
  async mountKubernetesAuth(mount: string, cluster: Cluster): Promise<void> {
    await this.call('POST', `sys/auth/${mount}`, { type: 'kubernetes' });
    await this.call('PUT', `auth/${mount}/config`, {
      kubernetes_host: cluster.server,
      kubernetes_ca_cert: cluster.ca,
      token_reviewer_jwt: cluster.adminToken,
    });
  }

  /** A role of Kubernetes auth for the service account `app` of any namespace and the audience `vault`. */
  async putRole(name: string, options: RoleOptions = {}, mount = 'kubernetes'): Promise<void> {
    await this.call('PUT', `auth/${mount}/role/${name}`, {
      bound_service_account_names: 'app',
      bound_service_account_namespaces: '*',
      audience: 'vault',
      token_policies: 'app',
      token_ttl: '1h',
      ...options,
    });
  }

  /** Writes a version 2 secret; tries again for a moment, because a new engine is not ready at once. */
  async putSecret(path: string, data: Readonly<Record<string, string>>): Promise<void> {
    for (let left = 20; ; left--) {
      const answer = await this.#send('PUT', `secret/data/${path}`, { data });
      if (answer.status < 400) return;
      if (left === 0) throw new Error(`secret/data/${path}: ${answer.status} ${answer.text}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  async #send(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
    // One connection per call: certificates and whole servers change under it.
    const agent = new Agent(this.#ca && { connect: { ca: this.#ca() } });
    try {
      const response = await request(`${this.address}/v1/${path}`, {
        method,
        dispatcher: agent,
        headers: { 'x-vault-token': this.token, 'x-vault-request': 'true' },
        body: body === undefined ? null : JSON.stringify(body),
      });
      return { status: response.statusCode, text: await response.body.text() };
    } finally {
      await agent.close();
    }
  }
}
