import type { ObjectKey } from '../../kube/objects.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { Heap } from './heap.ts';

/** `urgent`: somebody changed something and waits; `first`: found at the start; `refresh`: due again; `retry`: failed before. */
export type Rank = (typeof ranks)[number];

/** Why an object is looked at; `lost`: a Secret of it is gone. */
export type Reason =
  | 'spec'
  | 'class'
  | 'force'
  | 'drift'
  | 'lost'
  | 'role'
  | 'start'
  | 'rollout'
  | 'node'
  | 'refresh'
  | 'retry';

export interface Addition {
  readonly rank: Rank;
  readonly reason: Reason;
  /** 0 unless given. */
  readonly delayMs?: number;
}

/** What a worker gets. */
export interface WorkItem {
  readonly key: ObjectKey;
  /** The best one for which it was added. */
  readonly rank: Rank;
  /** All for which it was added since it was taken last. */
  readonly reasons: ReadonlySet<Reason>;
}

export interface WorkQueueDeps {
  readonly clock: Pick<Clock, 'monotonic' | 'timer'>;
  readonly metrics: Pick<Metrics, 'queueDepth' | 'queueWait'>;
}

/** In the order of their turn. */
const ranks = ['urgent', 'first', 'refresh', 'retry'] as const;
/** So many times the best rank is served, then once one of the others: a storm in one starves none. */
const turns = 8;
/** The longest that a timer of Node waits. */
const longestTimerMs = 2 ** 31 - 1;

interface Entry extends WorkItem {
  /** By the monotonic clock. */
  readonly dueAtMs: number;
  /** Tells apart what is due at the same time. */
  readonly order: number;
}

/**
 * Objects to look at, each at most once, when they are due and in the order of their ranks; within a rank who is due longest
 * goes first. A key that is in work is not handed out: if it was added meanwhile, it goes out after `done`.
 */
export class WorkQueue {
  readonly #deps: WorkQueueDeps;
  readonly #entries = new Map<ObjectKey, Entry>();
  readonly #inWork = new Set<ObjectKey>();
  readonly #delayed = new Heap<Entry>(isBefore);
  /** Due and not in work. An entry that is in no heap is due and waits for `done`. */
  readonly #due = createHeaps();
  readonly #takers = new Set<(item: WorkItem) => void>();
  #timer: { readonly atMs: number; readonly handle: Disposable } | undefined;
  #added = 0;
  #passedOver = 0;

  constructor(deps: WorkQueueDeps) {
    this.#deps = deps;
    for (const rank of ranks) deps.metrics.queueDepth.inc({ rank }, 0);
  }

  /** A key that waits already goes out at the earlier of both times, with the better of both ranks and all reasons. */
  add(key: ObjectKey, { rank, reason, delayMs = 0 }: Addition): void {
    this.#merge({ key, rank, reasons: new Set([reason]) }, delayMs);
  }

  /**
   * As `add`, but replaces what the key waits for, unless it is due already. Of a key in work it replaces nothing: what came
   * after it was taken concerns the work that comes next.
   */
  schedule(key: ObjectKey, addition: Addition): void {
    const waiting = this.#entries.get(key);
    if (waiting && this.#delayed.has(waiting) && !this.#inWork.has(key)) this.#remove(waiting);
    this.add(key, addition);
  }

  /** The next one that is due, to be given back by `done` or `putBack`. Rejects with the signal's reason. */
  async take(signal: AbortSignal): Promise<WorkItem> {
    signal.throwIfAborted();
    const next = this.#next();
    if (next) return this.#handOut(next);
    const { promise, resolve, reject } = Promise.withResolvers<WorkItem>();
    const onAbort = (): void => {
      this.#takers.delete(resolve);
      reject(signal.reason as Error);
    };
    this.#takers.add(resolve);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The work on a key is over. */
  done(key: ObjectKey): void {
    this.#inWork.delete(key);
    const held = this.#entries.get(key);
    if (!held) return;
    this.#remove(held);
    this.#place(held);
  }

  /** As `done`, for work that came to nothing: it goes out again, for the same reasons. */
  putBack(item: WorkItem, delayMs = 0): void {
    this.#merge(item, delayMs);
    this.done(item.key);
  }

  /** Whatever the key waits for, it does not go out. Work on it goes on. */
  forget(key: ObjectKey): void {
    const entry = this.#entries.get(key);
    if (entry) this.#remove(entry);
  }

  /** Nothing goes out any more but what is added from now on. */
  clear(): void {
    for (const entry of this.#entries.values()) this.#remove(entry);
  }

  #merge(item: WorkItem, delayMs: number): void {
    const dueAtMs = this.#deps.clock.monotonic() + Math.max(0, delayMs);
    const added: Entry = { ...item, dueAtMs, order: this.#added++ };
    const waiting = this.#entries.get(item.key);
    if (waiting) this.#remove(waiting);
    this.#place(waiting ? merged(waiting, added) : added);
  }

  #place(entry: Entry): void {
    this.#entries.set(entry.key, entry);
    if (entry.dueAtMs > this.#deps.clock.monotonic()) {
      this.#delayed.add(entry);
      this.#setTimer();
    } else if (!this.#inWork.has(entry.key)) {
      this.#due[entry.rank].add(entry);
      this.#deps.metrics.queueDepth.inc({ rank: entry.rank });
      this.#serve();
    }
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    if (this.#delayed.delete(entry)) this.#setTimer();
    if (this.#due[entry.rank].delete(entry)) this.#deps.metrics.queueDepth.dec({ rank: entry.rank });
  }

  #serve(): void {
    for (const grant of this.#takers) {
      const next = this.#next();
      if (!next) return;
      this.#takers.delete(grant);
      grant(this.#handOut(next));
    }
  }

  #next(): Entry | undefined {
    const [best, ...others] = ranks.flatMap((rank) => this.#due[rank].first ?? []);
    if (others.length === 0) return best;
    this.#passedOver = (this.#passedOver + 1) % turns;
    return this.#passedOver === 0 ? others.reduce((a, b) => (isBefore(b, a) ? b : a)) : best;
  }

  #handOut(entry: Entry): WorkItem {
    const { key, rank, reasons, dueAtMs } = entry;
    this.#remove(entry);
    this.#inWork.add(key);
    this.#deps.metrics.queueWait.observe({ rank }, (this.#deps.clock.monotonic() - dueAtMs) / 1000);
    return { key, rank, reasons };
  }

  /** One timer, for the earliest. */
  #setTimer(): void {
    const atMs = this.#delayed.first?.dueAtMs;
    if (atMs === this.#timer?.atMs) return;
    this.#timer?.handle[Symbol.dispose]();
    this.#timer = undefined;
    if (atMs === undefined) return;
    const { clock } = this.#deps;
    const delayMs = Math.min(atMs - clock.monotonic(), longestTimerMs);
    this.#timer = { atMs, handle: clock.timer(delayMs, () => this.#onTimer()) };
  }

  #onTimer(): void {
    this.#timer = undefined;
    const nowMs = this.#deps.clock.monotonic();
    for (let entry = this.#delayed.first; entry && entry.dueAtMs <= nowMs; entry = this.#delayed.first) {
      this.#delayed.delete(entry);
      this.#place(entry);
    }
    this.#setTimer();
  }
}

function createHeaps(): Readonly<Record<Rank, Heap<Entry>>> {
  const create = (): Heap<Entry> => new Heap(isBefore);
  return { urgent: create(), first: create(), refresh: create(), retry: create() };
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueAtMs < b.dueAtMs || (a.dueAtMs === b.dueAtMs && a.order < b.order);
}

function merged(a: Entry, b: Entry): Entry {
  const earlier = isBefore(b, a) ? b : a;
  const rank = ranks.indexOf(b.rank) < ranks.indexOf(a.rank) ? b.rank : a.rank;
  return { ...earlier, rank, reasons: new Set([...a.reasons, ...b.reasons]) };
}
