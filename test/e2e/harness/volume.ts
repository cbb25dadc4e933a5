import { readdirSync, readFileSync, readlinkSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { KubeApi, KubeObject, Token } from './kube-api.ts';
import { type Kubelet, PublishError, type PublishRequest } from './kubelet.ts';
import { until } from './until.ts';

export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly serviceAccount: string;
}

export interface VolumeOptions {
  readonly kube: KubeApi;
  readonly kubelet: Kubelet;
  readonly pod: PodIdentity;
  readonly className: string;
  /** Folder of all pods of the node. */
  readonly podsDir: string;
  /** Audiences of the CSIDriver's `tokenRequests`. */
  readonly audiences: readonly string[];
  /** Where kubelet puts the tokens: `secrets` since Kubernetes 1.35, the volume context before. */
  readonly tokensIn: 'secrets' | 'context';
  /** Further `volumeAttributes` of the pod. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Sees every text that a pod's events would show, and every token. */
  readonly observe: { readonly error: (error: PublishError) => void; readonly token: (token: string) => void };
}

const csi = 'csi.storage.k8s.io';

/** One CSI volume of one pod. */
export class Volume {
  readonly pod: PodIdentity;
  readonly target: string;
  readonly #options: VolumeOptions;
  #tokens: Record<string, Token> | undefined;

  constructor(options: VolumeOptions) {
    this.#options = options;
    this.pod = options.pod;
    this.target = join(options.podsDir, options.pod.uid, 'volumes/kubernetes.io~csi/secrets/mount');
  }

  /** What kubelet does at pod start and again at every sync. Rejects with a PublishError. */
  async publish(deadlineMs?: number): Promise<void> {
    const request = await this.#request();
    // The driver hears of a new class a moment after the API server; kubelet tries again too.
    await until(() => this.#attempt(request, deadlineMs), { what: 'the driver to know the class' });
  }

  /** A publish that has to fail. */
  async publishRefused(deadlineMs?: number): Promise<PublishError> {
    const error = await this.publish(deadlineMs).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof PublishError) return error;
    throw new Error(
      `the publish was expected to be refused, but: ${error instanceof Error ? error.stack : 'it worked'}`,
    );
  }

  async unpublish(): Promise<void> {
    await this.#options.kubelet.unpublish({ volume_id: this.#id, target_path: this.target });
  }

  /** A file of the mounted tmpfs, as the container sees it. */
  read(path: string): string {
    return readFileSync(join(this.target, path), 'utf8');
  }

  /** Permission bits of a file. */
  mode(path: string): number {
    return statSync(join(this.target, path)).mode & 0o777;
  }

  /** Names at the root of the volume, without the writer's own. */
  files(): readonly string[] {
    return readdirSync(this.target).filter((name) => !name.startsWith('..'));
  }

  /** Differs once the driver has written the files anew. */
  writing(): string {
    const inodes = this.files().map((name) => `${name} ${statSync(join(this.target, name)).ino}`);
    return [readlinkSync(join(this.target, '..data')), ...inodes].join(', ');
  }

  /** Object versions of the SecretProviderClassPodStatus, by id. */
  async versions(): Promise<Readonly<Record<string, string>>> {
    const { namespace, name } = this.pod;
    const path = `/apis/secrets-store.csi.x-k8s.io/v1/namespaces/${namespace}/secretproviderclasspodstatuses`;
    const status = await this.#options.kube.call<KubeObject & PodStatus>(
      'GET',
      `${path}/${name}-${namespace}-${this.#options.className}`,
    );
    return Object.fromEntries(status.status.objects.map(({ id, version }) => [id, version]));
  }

  /** False: the driver does not know the class yet. */
  async #attempt(request: PublishRequest, deadlineMs: number | undefined): Promise<boolean> {
    try {
      await this.#options.kubelet.publish(request, deadlineMs);
      return true;
    } catch (error) {
      if (!(error instanceof PublishError)) throw error;
      this.#options.observe.error(error);
      this.#removeTarget();
      if (error.message.includes('failed to get secretproviderclass')) return false;
      throw error;
    }
  }

  get #id(): string {
    return `csi-${this.pod.uid}`;
  }

  async #request(): Promise<PublishRequest> {
    const { pod, className, attributes, tokensIn } = this.#options;
    const tokens = await this.#mintTokens();
    const tokensText =
      Object.keys(tokens).length > 0 ? { [`${csi}/serviceAccount.tokens`]: JSON.stringify(tokens) } : {};
    return {
      volume_id: this.#id,
      target_path: this.target,
      secrets: tokensIn === 'secrets' ? tokensText : {},
      volume_context: {
        ...attributes,
        secretProviderClass: className,
        [`${csi}/pod.name`]: pod.name,
        [`${csi}/pod.namespace`]: pod.namespace,
        [`${csi}/pod.uid`]: pod.uid,
        [`${csi}/serviceAccount.name`]: pod.serviceAccount,
        [`${csi}/ephemeral`]: 'true',
        ...(tokensIn === 'context' ? tokensText : {}),
      },
    };
  }

  /** kubelet keeps the tokens of a pod for most of their life, so one set serves every republish here. */
  async #mintTokens(): Promise<Record<string, Token>> {
    if (this.#tokens !== undefined) return this.#tokens;
    const { kube, audiences, pod, observe } = this.#options;
    const { namespace, serviceAccount, name, uid } = pod;
    const tokens: Record<string, Token> = {};
    for (const audience of audiences) {
      tokens[audience] = await kube.createToken({ namespace, serviceAccount, audience, pod: { name, uid } });
      observe.token(tokens[audience].token);
    }
    this.#tokens = tokens;
    return tokens;
  }

  /** kubelet removes the directory after a failure that is final; the driver has unmounted it already. */
  #removeTarget(): void {
    try {
      rmdirSync(this.target);
    } catch {
      // It is still mounted (a republish), or was never made.
    }
  }
}

/** What kubelet does every minute or so, faster, until the condition holds. */
export async function republishUntil(volume: Volume, done: () => boolean): Promise<void> {
  const republish = async (): Promise<boolean> => {
    await volume.publish();
    return done();
  };
  await until(republish, { what: 'the republishes to bring what was expected' });
}

interface PodStatus {
  readonly status: { readonly objects: readonly { readonly id: string; readonly version: string }[] };
}
