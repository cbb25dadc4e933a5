import { LRUCache } from 'lru-cache';

import { type Caller, podKey } from '../core/caller.ts';
import type { ResolvedObject } from '../core/plan.ts';

export interface DeliveriesOptions {
  /** Volumes remembered; the one not asked for the longest is forgotten, and counts as new when it comes back. */
  readonly maxVolumes: number;
}

/** How a delivery compares with the one before. `paths`: files that came, went or have another version. */
export type Delivery =
  | { readonly kind: 'first' }
  | { readonly kind: 'same' }
  | { readonly kind: 'changed'; readonly paths: readonly string[] };

/** What each volume was given last. Versions only, which say nothing of a value. */
export class Deliveries {
  /** Per volume one text per file: its path, NUL (which no path holds), its version. */
  readonly #files: LRUCache<string, readonly string[]>;

  constructor({ maxVolumes }: DeliveriesOptions) {
    this.#files = new LRUCache({ max: maxVolumes });
  }

  /** `repeat`: this volume of this pod was served before. */
  kindOf(volume: string): 'first' | 'repeat' {
    return this.#files.has(volume) ? 'repeat' : 'first';
  }

  /** Remembers what was given and says how it differs from the last time. */
  record(volume: string, objects: readonly ResolvedObject[]): Delivery {
    const now = objects.map(({ path, version }) => `${path}\0${version}`);
    const before = this.#files.get(volume);
    if (before !== undefined && isSame(before, now)) return { kind: 'same' };
    this.#files.set(volume, now);
    return before === undefined ? { kind: 'first' } : { kind: 'changed', paths: changedPaths(before, now) };
  }
}

/** Names a volume of a pod. Never by the path alone, which the sync controller repeats. */
export function volumeKey(caller: Caller, targetPath: string): string {
  return `${podKey(caller)}${targetPath}`;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((file, index) => file === b[index]);
}

function changedPaths(before: readonly string[], now: readonly string[]): readonly string[] {
  const changed = new Set(before).symmetricDifference(new Set(now));
  return [...new Set([...changed].map((file) => file.slice(0, file.indexOf('\0'))))];
}
