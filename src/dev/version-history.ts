import { isDeepStrictEqual } from 'node:util';

/** One version of a secret. */
export interface Version<T> {
  /** From 1. */
  readonly number: number;
  /** Undefined: deleted with this version. */
  readonly data: T | undefined;
  readonly createdMs: number;
}

/** The versions of the secrets of one section, counted from the start of this process. */
export class VersionHistory<T> {
  readonly #versions = new Map<string, readonly Version<T>[]>();

  /** Oldest first. */
  of(name: string): readonly Version<T>[] {
    return this.#versions.get(name) ?? [];
  }

  /** A version more for each secret that differs from its last one. */
  record(current: ReadonlyMap<string, T>, nowMs: number): void {
    for (const name of new Set([...this.#versions.keys(), ...current.keys()])) {
      const versions = this.of(name);
      const data = current.get(name);
      if (versions.length > 0 && isDeepStrictEqual(versions.at(-1)?.data, data)) continue;
      this.#versions.set(name, [...versions, { number: versions.length + 1, data, createdMs: nowMs }]);
    }
  }
}
