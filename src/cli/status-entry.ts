import type { SyncObject } from '../controller/sync-object.ts';
import type { SecretStatus } from '../controller/status/sync-status.ts';
import type { OldestVersion, RolloutStatus } from '../rollout/rollout-status.ts';

/** One SecretProviderClassSync as `lockstep status` shows it; `-o json` prints exactly this. */
export interface StatusEntry {
  readonly namespace: string;
  readonly name: string;
  /** What it comes to: `pending` waits for the controller; of a `suspended` one nothing is expected; `gone` while watching. */
  readonly state: 'ready' | 'failing' | 'pending' | 'suspended' | 'gone';
  /** The condition Ready is True, of the spec as it stands. */
  readonly ready: boolean;
  /** Of the condition Ready; empty while there is none. */
  readonly reason: string;
  readonly message: string;
  readonly secrets: readonly SecretStatus[];
  /** Null: nothing is rolled out. */
  readonly rollout: RolloutEntry | null;
  /** When a Secret last got other content. */
  readonly lastChange: string | null;
  readonly created: string;
  readonly observedGeneration: number | null;
  /** The spec was changed, and the status is about the one before. */
  readonly stale: boolean;
}

/** How far the workloads are that use the Secrets. */
export interface RolloutEntry extends Counts {
  /** The condition RolloutComplete is True. */
  readonly complete: boolean;
  /** Of that condition. */
  readonly reason: string;
  /** What it waits for, and what to do. */
  readonly message: string;
  /** What `lockstep rollout approve` and `resume` name. */
  readonly version: string | null;
  readonly estimatedCompletion: string | null;
  /** Mode Pin, by Secret: what came before may be revoked. */
  readonly oldestInUse: readonly OldestVersion[];
}

export function toStatusEntry(sync: SyncObject): StatusEntry {
  const { namespace, name, createdAt: created, status } = sync;
  const { conditions = [], secrets = [], lastChangeTime: lastChange = null, observedGeneration = null } = status;
  const condition = conditions.find(({ type }) => type === 'Ready') ?? unseen;
  const stale = observedGeneration !== sync.generation;
  const ready = condition.status === 'True' && !stale;
  const isPending = condition.status === 'Unknown' || stale;
  const { reason, message } = condition;
  const state = sync.spec?.suspend ? 'suspended' : toState(ready, isPending);
  return {
    namespace,
    name,
    state,
    ready,
    reason,
    message,
    secrets,
    rollout: toRolloutEntry(sync),
    lastChange,
    created,
    observedGeneration,
    stale,
  };
}

function toRolloutEntry({ rollout: { condition, status } }: SyncObject): RolloutEntry | null {
  if (!condition) return null;
  return {
    ...toCounts(status ?? none),
    complete: condition.status === 'True',
    reason: condition.reason,
    message: condition.message,
    version: status?.version ?? null,
    estimatedCompletion: status?.estimatedCompletion ?? null,
    oldestInUse: status?.oldestInUse ?? [],
  };
}

type Counts = Pick<RolloutStatus, 'total' | 'updated' | 'inProgress' | 'failed' | 'held' | 'waiting'>;

const none: Counts = { total: 0, updated: 0, inProgress: 0, failed: 0, held: 0, waiting: 0 };

function toCounts({ total, updated, inProgress, failed, held, waiting }: Counts): Counts {
  return { total, updated, inProgress, failed, held, waiting };
}

const unseen = { status: 'Unknown', reason: '', message: 'no controller has looked at it yet' } as const;

/** What remains to be shown of one that was deleted. */
export function toGone(entry: StatusEntry): StatusEntry {
  return { ...entry, state: 'gone', ready: false, reason: 'Deleted', message: 'it was deleted' };
}

/** By namespace and name, as kubectl lists them. */
export function compareEntries(a: StatusEntry, b: StatusEntry): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}

/** Nothing is wrong, and nothing is waited for. */
export function isSettled({ state }: StatusEntry): boolean {
  return state === 'ready' || state === 'suspended';
}

/** `12 ready, 2 failing, 1 suspended`. */
export function summarize(entries: readonly StatusEntry[]): string {
  const counts = (['ready', 'failing', 'pending', 'suspended'] as const).map((state) => ({
    state,
    count: entries.filter((entry) => entry.state === state).length,
  }));
  return counts
    .filter(({ state, count }) => count > 0 || state === 'ready')
    .map(({ state, count }) => `${count} ${state}`)
    .join(', ');
}

function toState(isReady: boolean, isPending: boolean): StatusEntry['state'] {
  if (isReady) return 'ready';
  return isPending ? 'pending' : 'failing';
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
