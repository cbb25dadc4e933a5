import type { SecretError } from '../../core/errors.ts';
import { keyOf, type ObjectKey } from '../../kube/objects.ts';
import type { SecretContent } from './content.ts';
import { parseVersionName } from './version-secret.ts';

/** The content of a Secret as its SecretProviderClassSync wrote or found it last. */
export interface KnownContent extends SecretContent {
  /** Which SecretProviderClassSync keeps it. */
  readonly sync: ObjectKey;
  /** Name of the immutable Secret with this content; undefined: none is kept. */
  readonly versionName: string | undefined;
  /** Why none is kept, though it should be. */
  readonly problem: SecretError | undefined;
}

/** What is known of the contents of Secrets, since the start. In memory are hashes only. */
export class Contents {
  readonly #known = new Map<ObjectKey, KnownContent>();
  readonly #bySync = new Map<ObjectKey, Set<ObjectKey>>();

  get(secret: ObjectKey): KnownContent | undefined {
    return this.#known.get(secret);
  }

  /** Answers whether that is news. */
  set(secret: ObjectKey, content: KnownContent): boolean {
    const before = this.#known.get(secret);
    if (before && before.sync !== content.sync) this.#bySync.get(before.sync)?.delete(secret);
    this.#known.set(secret, content);
    this.#bySync.getOrInsertComputed(content.sync, () => new Set()).add(secret);
    return (
      before?.hash !== content.hash ||
      before.versionName !== content.versionName ||
      before.sync !== content.sync ||
      before.problem?.message !== content.problem?.message
    );
  }

  /** A version is gone. Answers whose present content it held; undefined: that of nobody. */
  loseVersion({ namespace, name }: { readonly namespace: string; readonly name: string }): ObjectKey | undefined {
    const source = parseVersionName(name)?.source;
    const secret = source === undefined ? undefined : keyOf({ namespace, name: source });
    const content = secret === undefined ? undefined : this.#known.get(secret);
    if (secret === undefined || content?.versionName !== name) return undefined;
    this.#known.set(secret, { ...content, versionName: undefined });
    return content.sync;
  }

  /** A SecretProviderClassSync is gone. */
  forgetSync(sync: ObjectKey): void {
    for (const secret of this.#bySync.get(sync) ?? []) this.#known.delete(secret);
    this.#bySync.delete(sync);
  }

  /** Others write from now on. */
  clear(): void {
    this.#known.clear();
    this.#bySync.clear();
  }
}
