import { keyOf, type KubeObject, namespaceOf, type ObjectKey, type ObjectMeta } from '../../kube/objects.ts';
import type { Change, Reflector } from '../../kube/watch/reflector.ts';
import { enabled, names } from '../names.ts';

/** What is known of a Secret that carries our label, without its data. */
export interface OwnedSecret {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** The SecretProviderClassSync that it belongs to, in its namespace. */
  readonly owner: string | undefined;
  readonly isAdopted: boolean;
}

/** What a watch keeps of a labelled Secret. */
export function toOwnedSecret({ metadata }: KubeObject): OwnedSecret {
  const { name, uid, resourceVersion } = metadata;
  return { name, uid, resourceVersion, owner: ownerOf(metadata), isAdopted: isAdopted(metadata) };
}

/** The SecretProviderClassSync that a Secret says it belongs to. */
export function ownerOf({ annotations }: Pick<ObjectMeta, 'annotations'>): string | undefined {
  return annotations?.[names.owner];
}

/** Whether somebody else made the Secret that we keep. */
export function isAdopted({ annotations }: Pick<ObjectMeta, 'annotations'>): boolean {
  return annotations?.[names.adopted] === enabled;
}

/** The labelled Secrets by the SecretProviderClassSync that they belong to. */
export class OwnedSecrets {
  readonly #reflector: Pick<Reflector<OwnedSecret>, 'get'>;
  readonly #byOwner = new Map<ObjectKey, Set<ObjectKey>>();

  constructor(reflector: Pick<Reflector<OwnedSecret>, 'get' | 'onChange'>) {
    this.#reflector = reflector;
    reflector.onChange((change) => this.#index(change));
  }

  get(namespace: string, name: string): OwnedSecret | undefined {
    return this.#reflector.get(keyOf({ namespace, name }));
  }

  /** Those that say they belong to this SecretProviderClassSync. */
  of(owner: ObjectKey): readonly OwnedSecret[] {
    return [...(this.#byOwner.get(owner) ?? [])].flatMap((key) => this.#reflector.get(key) ?? []);
  }

  #index({ key, previous, current }: Change<OwnedSecret>): void {
    const before = ownerKey(key, previous);
    const after = ownerKey(key, current);
    if (before === after) return;
    if (before !== undefined) {
      const keys = this.#byOwner.get(before);
      keys?.delete(key);
      if (keys?.size === 0) this.#byOwner.delete(before);
    }
    if (after !== undefined) this.#byOwner.getOrInsertComputed(after, () => new Set()).add(key);
  }
}

/** The key of the SecretProviderClassSync that a Secret belongs to: always one of its own namespace. */
export function ownerKey(key: ObjectKey, secret: OwnedSecret | undefined): ObjectKey | undefined {
  if (secret?.owner === undefined) return undefined;
  return keyOf({ namespace: namespaceOf(key), name: secret.owner });
}
