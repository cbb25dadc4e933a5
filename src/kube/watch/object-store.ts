import { toSecretError } from '../../core/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import { keyOf, type KubeObject, namespaceOf, type ObjectKey } from '../objects.ts';
import { isOlder } from './resource-version.ts';

/** `isInitial`: it stood there when the watch began, and nobody waits for it. False for what a later list finds. */
export interface Change<T> {
  readonly key: ObjectKey;
  readonly previous: T | undefined;
  /** Undefined: it is gone. */
  readonly current: T | undefined;
  readonly isInitial: boolean;
}

export interface ObjectStoreDeps<T> {
  readonly keep: (object: KubeObject) => T | undefined;
  readonly logger: Logger;
  /** What is stored, for the log. */
  readonly plural: string;
}

export interface Arrival {
  /** Of the list or the watch that brought it. */
  readonly round: number;
  readonly isInitial: boolean;
}

interface Entry<T> {
  readonly value: T;
  readonly version: string;
  readonly uid: string;
  /** The round that saw it last. */
  round: number;
}

/**
 * What is kept of objects, by namespace and key; tells who listens when one changes. A `keep` or listener that throws is
 * logged and changes nothing else. Bounded by the objects that `keep` keeps.
 */
export class ObjectStore<T> {
  readonly #deps: ObjectStoreDeps<T>;
  readonly #listeners: ((change: Change<T>) => void)[] = [];
  /** Kinds without namespaces stand under the empty one. */
  readonly #namespaces = new Map<string, Map<ObjectKey, Entry<T>>>();
  #size = 0;
  #round = 0;

  constructor(deps: ObjectStoreDeps<T>) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#find(key)?.value;
  }

  /** Those of a namespace, or all. */
  *entries(namespace?: string): IterableIterator<readonly [ObjectKey, T]> {
    const maps = namespace === undefined ? this.#namespaces.values() : [this.#namespaces.get(namespace) ?? []];
    for (const map of maps) for (const [key, { value }] of map) yield [key, value];
  }

  /** Told in order, after the store has changed. */
  onChange(listener: (change: Change<T>) => void): void {
    this.#listeners.push(listener);
  }

  /** A list or a watch begins: its number. */
  begin(): number {
    return ++this.#round;
  }

  /** An object as it is. The same version again is no change; one from before what the same round has brought is ignored. */
  put(object: KubeObject, { round, isInitial }: Arrival): void {
    const key = this.#keyOf(object);
    if (key === undefined || !this.#isNews(key, object, round)) return;
    try {
      const value = this.#deps.keep(object);
      const { resourceVersion: version, uid } = object.metadata;
      this.#change(key, value === undefined ? undefined : { value, version, uid, round }, isInitial);
    } catch (error) {
      // It is there, but not understood: what was known of it stays.
      this.#logError(key, error, 'object not understood');
    }
  }

  /** An object that is gone. */
  remove(object: KubeObject): void {
    const key = this.#keyOf(object);
    if (key !== undefined) this.#change(key, undefined, false);
  }

  /** What of a namespace, or of all, a list that has ended did not bring is gone. */
  sweep(namespace: string | undefined, round: number): void {
    const maps = namespace === undefined ? this.#namespaces.values() : [this.#namespaces.get(namespace) ?? []];
    for (const map of maps) {
      for (const [key, entry] of map) if (entry.round < round) this.#change(key, undefined, false);
    }
  }

  #find(key: ObjectKey): Entry<T> | undefined {
    return this.#namespaces.get(namespaceOf(key))?.get(key);
  }

  /** Undefined: not an object. It is logged, and the others go on. */
  #keyOf(object: KubeObject): ObjectKey | undefined {
    const name: unknown = object?.metadata?.name;
    if (typeof name === 'string') return keyOf(object.metadata);
    this.#deps.logger.warn({ resource: this.#deps.plural }, 'object without a name ignored');
    return undefined;
  }

  /** Notes besides that the round has seen it. */
  #isNews(key: ObjectKey, { metadata }: KubeObject, round: number): boolean {
    const entry = this.#find(key);
    if (entry === undefined) return true;
    const isStale = entry.round === round && isOlder(metadata.resourceVersion, entry.version);
    entry.round = round;
    return !isStale && (entry.version !== metadata.resourceVersion || entry.uid !== metadata.uid);
  }

  #change(key: ObjectKey, next: Entry<T> | undefined, isInitial: boolean): void {
    const previous = this.#find(key);
    if (previous === undefined && next === undefined) return;
    if (next === undefined) this.#delete(key);
    else this.#set(key, next);
    const change = { key, previous: previous?.value, current: next?.value, isInitial };
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#logError(key, error, 'listener of a watch failed');
      }
    }
  }

  #set(key: ObjectKey, entry: Entry<T>): void {
    const namespace = namespaceOf(key);
    const map = this.#namespaces.get(namespace) ?? new Map<ObjectKey, Entry<T>>();
    this.#namespaces.set(namespace, map);
    if (!map.has(key)) this.#size++;
    map.set(key, entry);
  }

  #delete(key: ObjectKey): void {
    const namespace = namespaceOf(key);
    const map = this.#namespaces.get(namespace);
    if (map?.delete(key)) this.#size--;
    if (map?.size === 0) this.#namespaces.delete(namespace);
  }

  #logError(key: ObjectKey, error: unknown, message: string): void {
    const { code } = toSecretError(error);
    this.#deps.logger.error({ code, resource: this.#deps.plural, key, err: error }, message);
  }
}
