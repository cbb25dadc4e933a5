import { type SecretError, toSecretError } from '../../core/errors.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import type { CallOptions } from '../../kube/client/api-client.ts';
import { keyOf, type ObjectKey } from '../../kube/objects.ts';
import type { Logger } from '../../platform/logger.ts';
import type { DesiredSecret } from '../../secret-objects/secret-object.ts';
import { toContent } from './content.ts';
import type { Contents, KnownContent } from './contents.ts';
import type { VersionSecrets } from './version-secrets.ts';
import { namespaceKey } from './version.ts';

export interface VersionKeeperDeps {
  readonly versions: VersionSecrets;
  readonly contents: Contents;
  readonly versionKey: SecretBytes;
  readonly logger: Logger;
  /** Whether a workload may be pinned to versions of this SecretProviderClassSync. */
  readonly isPinned: (sync: ObjectKey) => boolean;
  /** The content of a Secret is another one, or known for the first time. */
  readonly onChange: (sync: ObjectKey) => void;
}

/** For which SecretProviderClassSync a Secret is kept. */
export interface VersionOwner {
  readonly sync: ObjectKey;
  readonly namespace: string;
  /** Name of the version that held the Secret's content last, as the status has it. */
  readonly current: string | undefined;
}

/** Learns what is in the Secrets that are written, and keeps it as a version where a rollout will name one. */
export class VersionKeeper {
  readonly #deps: VersionKeeperDeps;

  constructor(deps: VersionKeeperDeps) {
    this.#deps = deps;
  }

  /**
   * Before the stable Secret is written. A version that cannot be kept keeps no Secret from being written: the workloads stay with
   * the one that they have, and `problem` says why. Throws NOT_LEADER and the signal's reason.
   */
  async prepare(desired: DesiredSecret, owner: VersionOwner, options: CallOptions): Promise<KnownContent> {
    const { contents, versionKey } = this.#deps;
    const { sync, namespace } = owner;
    const content = toContent(namespaceKey(versionKey, namespace), desired);
    const known = contents.get(keyOf({ namespace, name: desired.name }));
    const bare = { ...content, sync, versionName: undefined, problem: undefined };
    if (!this.#deps.isPinned(sync)) return bare;
    if (known?.sync === sync && known.hash === content.hash && known.versionName !== undefined) {
      return { ...bare, versionName: known.versionName };
    }
    return { ...bare, ...(await this.#keep(desired, owner, options)) };
  }

  /** The stable Secret has this content. */
  written({ namespace, sync }: VersionOwner, secret: string, content: KnownContent): void {
    if (this.#deps.contents.set(keyOf({ namespace, name: secret }), content)) this.#deps.onChange(sync);
  }

  async #keep(
    desired: DesiredSecret,
    { namespace, current }: VersionOwner,
    options: CallOptions,
  ): Promise<Pick<KnownContent, 'versionName' | 'problem'>> {
    try {
      const { name } = await this.#deps.versions.ensure({ ...desired, namespace }, { ...options, current });
      return { versionName: name, problem: undefined };
    } catch (error) {
      options.signal.throwIfAborted();
      const problem: SecretError = toSecretError(error);
      if (problem.code === 'NOT_LEADER') throw problem;
      const { code, message: reason, cause } = problem;
      this.#deps.logger.warn(
        { code, reason, err: cause, secret: keyOf({ namespace, name: desired.name }) },
        'version not kept',
      );
      return { versionName: undefined, problem };
    }
  }
}
