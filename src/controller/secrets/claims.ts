import type { ObjectKey } from '../../kube/objects.ts';

/** Which SecretProviderClassSyncs want which Secrets, by keys. */
export class Claims {
  readonly #bySecret = new Map<ObjectKey, Set<ObjectKey>>();
  readonly #bySync = new Map<ObjectKey, readonly ObjectKey[]>();

  /** Replaces what a sync wants. Answers the others who are concerned: those that want what it now wants or wanted before. */
  set(sync: ObjectKey, secrets: readonly ObjectKey[]): ReadonlySet<ObjectKey> {
    const before = this.#bySync.get(sync) ?? [];
    const changed = [...new Set(before).symmetricDifference(new Set(secrets))];
    for (const secret of before) this.#remove(secret, sync);
    for (const secret of secrets) this.#bySecret.getOrInsertComputed(secret, () => new Set()).add(sync);
    this.#bySync.set(sync, secrets);
    return new Set(changed.flatMap((secret) => this.others(secret, sync)));
  }

  /** Who wants this Secret. */
  claimants(secret: ObjectKey): readonly ObjectKey[] {
    return [...(this.#bySecret.get(secret) ?? [])];
  }

  /** Who else wants this Secret, sorted. */
  others(secret: ObjectKey, sync: ObjectKey): readonly ObjectKey[] {
    return this.claimants(secret)
      .filter((each) => each !== sync)
      .toSorted();
  }

  /** Undefined: it is not known yet what that sync wants. */
  wants(sync: ObjectKey, secret: ObjectKey): boolean | undefined {
    return this.#bySync.get(sync)?.includes(secret);
  }

  /** The sync is gone. Answers the others who wanted the same. */
  forget(sync: ObjectKey): ReadonlySet<ObjectKey> {
    const concerned = this.set(sync, []);
    this.#bySync.delete(sync);
    return concerned;
  }

  #remove(secret: ObjectKey, sync: ObjectKey): void {
    const syncs = this.#bySecret.get(secret);
    syncs?.delete(sync);
    if (syncs?.size === 0) this.#bySecret.delete(secret);
  }
}
