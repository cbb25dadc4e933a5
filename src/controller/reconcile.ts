import type { ApiReader, CallOptions } from '../kube/client/api-client.ts';
import { type ObjectKey, resources } from '../kube/objects.ts';
import type { Reflector } from '../kube/watch/reflector.ts';
import type { Attempt, RunAttempt } from './attempt.ts';
import type { Urgency } from './fetch-files.ts';
import type { Claims } from './secrets/claims.ts';
import type { Reason } from './queue/queue.ts';
import { isForced, type SyncObject } from './sync-object.ts';
import type { SyncReport } from './status/sync-report.ts';
import type { Next } from './queue/workers.ts';
import type { StoreGate } from './store-gate.ts';
import type { Backoffs } from './queue/backoff.ts';

export interface ReconcileDeps {
  readonly client: Pick<ApiReader, 'get'>;
  readonly syncs: Pick<Reflector<SyncObject>, 'get'>;
  /** Whether the controller is responsible for a namespace. */
  readonly isSelected: (namespace: string) => boolean;
  readonly attempt: RunAttempt;
  readonly report: SyncReport;
  readonly claims: Claims;
  readonly gate: Pick<StoreGate, 'forget'>;
  readonly backoffs: Backoffs;
  readonly random: () => number;
  /** Where a sync says nothing. */
  readonly intervalMs: number;
  readonly requeue: (syncs: Iterable<ObjectKey>) => void;
}

/** Somebody changed what decides the answer. */
const changes: ReadonlySet<Reason> = new Set(['spec', 'class', 'role']);
/** Part of the interval by which refreshes are spread. */
const jitter = 0.1;

/** Makes one sync current. Level-triggered: it looks at what is, and not at what has happened. */
export class Reconcile {
  readonly #deps: ReconcileDeps;
  /** Of which something is in memory. */
  readonly #known = new Set<ObjectKey>();

  constructor(deps: ReconcileDeps) {
    this.#deps = deps;
  }

  /** Rejects with KUBE_… when the status could not be written, with NOT_LEADER, and with the signal's reason. */
  async run(key: ObjectKey, reasons: ReadonlySet<Reason>, options: CallOptions): Promise<Next> {
    const found = this.#deps.syncs.get(key);
    if (!found || found.isDeleted || !this.#deps.isSelected(found.namespace)) {
      this.forget(key);
      return { kind: 'done' };
    }
    this.#known.add(key);
    if (reasons.has('lost') && !(await this.#stands(found, options))) return { kind: 'done' };
    const sync = this.#deps.report.current(found);
    if (sync.spec?.suspend) this.#deps.gate.forget(key);
    const attempt = sync.spec?.suspend ? suspended : await this.#deps.attempt(sync, urgencyOf(sync, reasons), options);
    // It is gone, and another one may stand in its place: that is what comes next.
    if (this.#deps.syncs.get(key)?.uid !== sync.uid) return { kind: 'done' };
    await this.#deps.report.tell(sync, attempt, options);
    return this.#next(sync, attempt);
  }

  /**
   * The garbage collector deletes a Secret with its sync, and the watch of Secrets may tell first: made again, it would be
   * deleted again.
   */
  async #stands({ namespace, name, uid }: SyncObject, options: CallOptions): Promise<boolean> {
    const read = { ...options, metadataOnly: true };
    const live = await this.#deps.client.get(resources.syncs, { namespace, name }, read);
    return live?.metadata.uid === uid && live.metadata.deletionTimestamp === undefined;
  }

  /** Nothing of a sync that is gone stays in memory; its Secrets stay, or go with it by the garbage collector. */
  forget(key: ObjectKey): void {
    this.#known.delete(key);
    this.#deps.requeue(this.#deps.claims.forget(key));
    this.#deps.gate.forget(key);
    this.#deps.report.forget(key);
    this.#deps.backoffs.forget(key);
  }

  /** Others write from now on: what was found out in this term will not hold in the next. */
  forgetAll(): void {
    for (const key of this.#known) this.forget(key);
  }

  #next({ key, spec }: SyncObject, { failures, retryAfterMs }: Attempt): Next {
    if (spec?.suspend) return { kind: 'done' };
    const intervalMs = spec?.intervalMs ?? this.#deps.intervalMs;
    if (retryAfterMs !== undefined) return { kind: 'again', rank: 'retry', delayMs: retryAfterMs };
    if (failures.length > 0) return { kind: 'again', rank: 'retry', delayMs: this.#deps.backoffs.failed(key) };
    this.#deps.backoffs.forget(key);
    if (intervalMs === 0) return { kind: 'done' };
    const spread = 1 - jitter + 2 * jitter * this.#deps.random();
    return { kind: 'again', rank: 'refresh', delayMs: intervalMs * spread };
  }
}

const suspended: Attempt = { changes: [], contested: [], failures: [] };

/** A request that nobody acted upon counts also when it was made while nobody led. */
function urgencyOf(sync: SyncObject, reasons: ReadonlySet<Reason>): Urgency {
  if (isForced(sync) || reasons.has('force')) return 'forced';
  return [...reasons].some((reason) => changes.has(reason)) ? 'changed' : 'none';
}
