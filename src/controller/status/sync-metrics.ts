import { nameOf, namespaceOf, type ObjectKey } from '../../kube/objects.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { Heap } from '../queue/heap.ts';

/** What is known of one object. */
export interface SyncState {
  readonly ready: boolean;
  /** Of the condition Ready. */
  readonly reason: string;
  /** Nobody expects it to be current. */
  readonly isSuspended: boolean;
  /** When it was found or made current, in milliseconds since the epoch. Undefined: not this time. */
  readonly lastSuccessMs?: number;
}

export interface SyncMetricsDeps {
  readonly metrics: Pick<Metrics, 'syncReady' | 'syncLastSuccess'>;
  /** Series of each object, instead of sums over all. */
  readonly perObject: boolean;
}

interface Known extends SyncState {
  readonly key: ObjectKey;
}

/** How changes of one object are shown; undefined: unknown before, or gone. */
type Show = (before: Known | undefined, after: Known | undefined) => void;

/** `lockstep_sync_ready` and `lockstep_sync_last_success_timestamp_seconds`; nothing stays of an object that is gone. */
export class SyncMetrics {
  readonly #show: Show;
  readonly #known = new Map<ObjectKey, Known>();

  constructor({ metrics, perObject }: SyncMetricsDeps) {
    this.#show = perObject ? showEach(metrics) : showAll(metrics);
  }

  record(key: ObjectKey, state: SyncState): void {
    const before = this.#known.get(key);
    const lastSuccessMs = state.lastSuccessMs ?? before?.lastSuccessMs;
    const after = { ...state, key, ...(lastSuccessMs !== undefined && { lastSuccessMs }) };
    this.#known.set(key, after);
    this.#show(before, after);
  }

  forget(key: ObjectKey): void {
    this.#show(this.#known.get(key), undefined);
    this.#known.delete(key);
  }
}

interface Success {
  readonly atMs: number;
}

/** Sums: how many objects by reason, and the oldest last success. */
function showAll({ syncReady, syncLastSuccess }: SyncMetricsDeps['metrics']): Show {
  const all = { namespace: '', name: '' };
  const counts = new Map<string, number>();
  const successes = new Map<ObjectKey, Success>();
  const oldestFirst = new Heap<Success>((a, b) => a.atMs < b.atMs);

  function count(reason: string, change: number): void {
    const sum = (counts.get(reason) ?? 0) + change;
    if (sum > 0) {
      counts.set(reason, sum);
      syncReady.set({ ...all, reason }, sum);
    } else {
      counts.delete(reason);
      syncReady.remove({ ...all, reason });
    }
  }

  function rank(key: ObjectKey, atMs: number | undefined): void {
    const before = successes.get(key);
    if (before) oldestFirst.delete(before);
    successes.delete(key);
    if (atMs === undefined) return;
    const success = { atMs };
    successes.set(key, success);
    oldestFirst.add(success);
  }

  return (before, after) => {
    if (before && before.reason !== after?.reason) count(before.reason, -1);
    if (after && before?.reason !== after.reason) count(after.reason, +1);
    if (before) rank(before.key, undefined);
    if (after) rank(after.key, shownSuccess(after));
    const oldest = oldestFirst.first;
    if (oldest) syncLastSuccess.set(all, oldest.atMs / 1000);
    else syncLastSuccess.remove(all);
  };
}

function showEach({ syncReady, syncLastSuccess }: SyncMetricsDeps['metrics']): Show {
  return (before, after) => {
    if (before && before.reason !== after?.reason) syncReady.remove({ ...toLabels(before), reason: before.reason });
    if (after) syncReady.set({ ...toLabels(after), reason: after.reason }, after.ready ? 1 : 0);
    const atMs = after && shownSuccess(after);
    if (after && atMs !== undefined) syncLastSuccess.set(toLabels(after), atMs / 1000);
    else if (before) syncLastSuccess.remove(toLabels(before));
  };
}

function shownSuccess({ isSuspended, lastSuccessMs }: Known): number | undefined {
  return isSuspended ? undefined : lastSuccessMs;
}

function toLabels({ key }: Known): { readonly namespace: string; readonly name: string } {
  return { namespace: namespaceOf(key), name: nameOf(key) };
}
