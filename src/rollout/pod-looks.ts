import type { Clock } from '../platform/clock.ts';
import type { Workload } from './workloads/workload.ts';

/** Pods are looked at so often while a workload rolls out: nothing tells of them. */
export const lookEveryMs = 5000;
/** In one pass. */
const maxLooks = 20;

/** When the pods of which workloads were looked at. */
export class PodLooks {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** By namespace and workload: when that was done last, by the monotonic clock. */
  readonly #watched = new Map<string, ReadonlyMap<string, number>>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /**
   * Workloads whose pods are to be looked at now, which counts as done. A few at a time and not all the time: each costs two
   * lists. A pod that fails makes its workload less than healthy first.
   */
  due(namespace: string, workloads: readonly Workload[]): readonly Workload[] {
    const watched = new Map(this.#watched.get(namespace));
    const nowMs = this.#clock.monotonic();
    const due = workloads
      .filter(({ key, health }) => health.state !== 'Healthy' && nowMs - (watched.get(key) ?? nowMs) >= lookEveryMs)
      .toSorted((a, b) => (watched.get(a.key) ?? 0) - (watched.get(b.key) ?? 0))
      .slice(0, maxLooks);
    for (const { key } of due) watched.set(key, nowMs);
    if (due.length > 0) this.#watched.set(namespace, watched);
    return due;
  }

  /** These workloads of a namespace from now on, and no others; new ones are due at once. */
  watch(namespace: string, workloads: readonly string[]): void {
    const known = this.#watched.get(namespace);
    if (workloads.length === 0) this.#watched.delete(namespace);
    else this.#watched.set(namespace, new Map(workloads.map((key) => [key, known?.get(key) ?? -lookEveryMs])));
  }

  clear(): void {
    this.#watched.clear();
  }
}
