import type { ObjectKey } from '../objects.ts';
import { isOlder } from './resource-version.ts';

/** An object as a watch shows it. */
export interface Seen {
  readonly key: ObjectKey;
  readonly resourceVersion: string;
}

interface Written<T> {
  readonly resourceVersion: string;
  readonly value: T;
}

/** What was written to objects and the watch has not shown yet. It may show it before the answer to the write is read. */
export class LastWritten<T> {
  readonly #written = new Map<ObjectKey, Written<T>>();

  /** `resourceVersion`: as the API server answered. */
  set(key: ObjectKey, resourceVersion: string, value: T): void {
    this.#written.set(key, { resourceVersion, value });
  }

  /** Undefined: nothing, or what the watch shows is at least as new. */
  get({ key, resourceVersion }: Seen): T | undefined {
    const written = this.#written.get(key);
    return written && isOlder(resourceVersion, written.resourceVersion) ? written.value : undefined;
  }

  /** The watch showed this version: ours, or one that somebody made after it. */
  seen(object: Seen): void {
    if (this.#written.has(object.key) && this.get(object) === undefined) this.#written.delete(object.key);
  }

  forget(key: ObjectKey): void {
    this.#written.delete(key);
  }
}
