import { type KubeObject, keyOf, type ObjectKey, type ObjectMeta } from '../../src/kube/objects.ts';

/** Where objects of a kind stand: `group/plural`. */
export type KindKey = string;

export interface StoredChange {
  readonly version: number;
  readonly kind: KindKey;
  readonly previous: KubeObject | undefined;
  readonly current: KubeObject | undefined;
}

export interface ListScope {
  readonly namespace: string | undefined;
  readonly labelSelector: string | undefined;
}

/** Objects of any kind, with one version for all of them, and what happened to them in order. */
export class KubeStore {
  /** Versions up to it are forgotten: a watch cannot begin there. */
  compactedVersion = 0;
  readonly #now: () => number;
  readonly #kinds = new Map<KindKey, Map<ObjectKey, KubeObject>>();
  readonly #history: StoredChange[] = [];
  readonly #listeners = new Set<(change: StoredChange) => void>();
  #version = 1000;
  #uids = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get version(): number {
    return this.#version;
  }

  get(kind: KindKey, key: ObjectKey): KubeObject | undefined {
    return this.#kinds.get(kind)?.get(key);
  }

  /** In the order of their keys, as the API server lists them. */
  list(kind: KindKey, { namespace, labelSelector }: ListScope): readonly KubeObject[] {
    const objects = [...(this.#kinds.get(kind) ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return objects
      .map(([, object]) => object)
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .filter((object) => isSelected(object, labelSelector));
  }

  /** A new version of the object, or its first. Its uid, times and generation are the store's business. */
  write(kind: KindKey, object: KubeObject): KubeObject {
    const previous = this.get(kind, keyOf(object.metadata));
    const metadata: ObjectMeta = {
      ...object.metadata,
      uid: previous?.metadata.uid ?? this.#newUid(),
      creationTimestamp: previous?.metadata.creationTimestamp ?? toTime(this.#now()),
      resourceVersion: String(++this.#version),
      ...toGeneration(kind, object, previous),
    };
    const current = structuredClone({ ...object, metadata });
    this.#kindOf(kind).set(keyOf(metadata), current);
    this.#publish({ version: this.#version, kind, previous, current });
    return current;
  }

  remove(kind: KindKey, key: ObjectKey): KubeObject | undefined {
    const previous = this.get(kind, key);
    if (!previous) return undefined;
    this.#kindOf(kind).delete(key);
    this.#publish({ version: ++this.#version, kind, previous, current: undefined });
    return previous;
  }

  changesAfter(version: number): readonly StoredChange[] {
    return this.#history.filter((change) => change.version > version);
  }

  compact(): void {
    this.compactedVersion = this.#version;
    this.#history.length = 0;
  }

  listen(listener: (change: StoredChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  #kindOf(kind: KindKey): Map<ObjectKey, KubeObject> {
    const objects = this.#kinds.get(kind) ?? new Map<ObjectKey, KubeObject>();
    this.#kinds.set(kind, objects);
    return objects;
  }

  #publish(change: StoredChange): void {
    this.#history.push(change);
    for (const listener of this.#listeners) listener(change);
  }

  #newUid(): string {
    return `00000000-0000-4000-8000-${String(++this.#uids).padStart(12, '0')}`;
  }
}

export function toKindKey({ group, plural }: { readonly group: string; readonly plural: string }): KindKey {
  return `${group}/${plural}`;
}

/** Equality, existence and their opposites; no sets. */
export function isSelected({ metadata: { labels = {} } }: KubeObject, selector: string | undefined): boolean {
  const requirements = selector ? selector.split(',') : [];
  return requirements.every((requirement) => {
    if (requirement.startsWith('!')) return !Object.hasOwn(labels, requirement.slice(1));
    const [name = '', value] = requirement.split(/!?==?/);
    if (value === undefined) return Object.hasOwn(labels, name);
    return requirement.includes('!=') ? labels[name] !== value : labels[name] === value;
  });
}

export function toTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Of what has a spec by a definition of its own: it counts the changes outside metadata and status. */
function toGeneration(kind: KindKey, object: KubeObject, previous: KubeObject | undefined) {
  const [group = ''] = kind.split('/');
  if (group === '' || group.endsWith('.k8s.io')) return {};
  const before = previous?.metadata.generation ?? 0;
  const isSame = previous !== undefined && specOf(previous) === specOf(object);
  return { generation: isSame ? before : before + 1 };
}

function specOf({ metadata: _metadata, status: _status, ...rest }: KubeObject): string {
  return JSON.stringify(Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
