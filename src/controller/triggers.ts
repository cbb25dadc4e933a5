import { keyOf, nameOf, namespaceOf, type ObjectKey } from '../kube/objects.ts';
import type { Change, Reflector } from '../kube/watch/reflector.ts';
import type { AccountObject } from './account.ts';
import { type OwnedSecret, ownerKey } from './secrets/owned-secrets.ts';
import type { ClassObject } from './classes/parse-class.ts';
import type { Rank, Reason } from './queue/queue.ts';
import { isForced, isHandled, type SyncObject } from './sync-object.ts';

export interface TriggersDeps {
  readonly syncs: Reflector<SyncObject>;
  readonly classes: Reflector<ClassObject>;
  readonly secrets: Reflector<OwnedSecret>;
  readonly accounts: Reflector<AccountObject>;
  /** Undefined: every namespace is ours. */
  readonly namespaces: Reflector<true> | undefined;
  /** Whether the version of a Secret is one that we wrote or looked at. */
  readonly isEcho: (key: ObjectKey, secret: OwnedSecret) => boolean;
  /** Syncs that want a Secret, whoever keeps it. */
  readonly claimants: (secret: ObjectKey) => readonly ObjectKey[];
  /** The watch showed this version of a sync. */
  readonly onSeen: (sync: SyncObject) => void;
  /** Tokens and roles of an account are worth nothing any more. */
  readonly onAccount: (namespace: string, name: string) => void;
  readonly enqueueSync: (key: ObjectKey, rank: Rank, reason: Reason) => void;
  /** The shorthand of a class is to be looked at. */
  readonly enqueueClass: (key: ObjectKey) => void;
}

/** What has to be looked at after which change. Syncs are found by class and by account through an index. */
export class Triggers {
  readonly #deps: TriggersDeps;
  readonly #byClass = new Map<ObjectKey, Set<ObjectKey>>();
  readonly #byAccount = new Map<ObjectKey, Set<ObjectKey>>();

  constructor(deps: TriggersDeps) {
    this.#deps = deps;
    deps.syncs.onChange((change) => this.#onSync(change));
    deps.classes.onChange((change) => this.#onClass(change));
    deps.secrets.onChange((change) => this.#onSecret(change));
    deps.accounts.onChange((change) => this.#onAccount(change));
    deps.namespaces?.onChange(({ key }) => this.#onNamespace(key));
  }

  /** Everything, for the beginning of a term: first those that were never synced. */
  enqueueAll(): void {
    for (const [key, sync] of this.#deps.syncs.entries()) {
      this.#deps.enqueueSync(key, isHandled(sync) ? 'refresh' : 'first', 'start');
    }
    for (const [key] of this.#deps.classes.entries()) this.#deps.enqueueClass(key);
  }

  #onSync({ key, previous, current, isInitial }: Change<SyncObject>): void {
    this.#index(previous, current);
    if (current) this.#deps.onSeen(current);
    const reason = reasonFor(previous, current);
    if (reason === undefined) return;
    if (isInitial) this.#deps.enqueueSync(key, initialRank(current), 'start');
    else this.#deps.enqueueSync(key, 'urgent', reason);
    // A sync that was made for a labelled class and is gone or changed comes back.
    const made = previous?.shorthandOf ?? current?.shorthandOf;
    if (made !== undefined && !isInitial) this.#deps.enqueueClass(keyOf({ namespace: namespaceOf(key), name: made }));
  }

  #onClass({ key, previous, current, isInitial }: Change<ClassObject>): void {
    this.#deps.enqueueClass(key);
    if (isSameClass(previous, current)) return;
    const isForced = previous?.forceSync !== current?.forceSync;
    const reason = isInitial ? 'start' : isForced ? 'force' : 'class';
    for (const sync of this.#byClass.get(key) ?? []) {
      this.#deps.enqueueSync(sync, isInitial ? 'first' : 'urgent', reason);
    }
  }

  #onSecret({ key, previous, current, isInitial }: Change<OwnedSecret>): void {
    if (isInitial || (current && this.#deps.isEcho(key, current))) return;
    const owners = [ownerKey(key, previous), ownerKey(key, current)].filter((owner) => owner !== undefined);
    const concerned = new Set([...owners, ...this.#deps.claimants(key)]);
    const reason = current === undefined ? 'lost' : 'drift';
    for (const sync of concerned) this.#deps.enqueueSync(sync, 'urgent', reason);
  }

  #onAccount({ key, previous, current, isInitial }: Change<AccountObject>): void {
    if (isInitial || (previous?.uid === current?.uid && previous?.roleArn === current?.roleArn)) return;
    this.#deps.onAccount(namespaceOf(key), nameOf(key));
    for (const sync of this.#byAccount.get(key) ?? []) this.#deps.enqueueSync(sync, 'urgent', 'role');
  }

  #onNamespace(namespace: string): void {
    for (const [key] of this.#deps.syncs.entries(namespace)) this.#deps.enqueueSync(key, 'first', 'start');
    for (const [key] of this.#deps.classes.entries(namespace)) this.#deps.enqueueClass(key);
  }

  #index(previous: SyncObject | undefined, current: SyncObject | undefined): void {
    for (const [sync, change] of [
      [previous, remove],
      [current, add],
    ] as const) {
      if (sync?.spec === undefined) continue;
      const { namespace, spec } = sync;
      change(this.#byClass, keyOf({ namespace, name: spec.className }), sync.key);
      change(this.#byAccount, keyOf({ namespace, name: spec.serviceAccount }), sync.key);
    }
  }
}

/** Somebody waits for a forced one, and those that were never synced go before those that were. */
function initialRank(sync: SyncObject | undefined): Rank {
  if (!sync) return 'first';
  return isForced(sync) ? 'urgent' : isHandled(sync) ? 'refresh' : 'first';
}

/** A change of the status alone is our own doing. */
function reasonFor(previous: SyncObject | undefined, current: SyncObject | undefined): Reason | undefined {
  if (previous === undefined || current === undefined || previous.uid !== current.uid) return 'spec';
  if (previous.generation !== current.generation || previous.isDeleted !== current.isDeleted) return 'spec';
  return previous.forceSync === current.forceSync ? undefined : 'force';
}

/** Labels and annotations of others are none of our business. */
function isSameClass(previous: ClassObject | undefined, current: ClassObject | undefined): boolean {
  return (
    previous !== undefined &&
    previous.uid === current?.uid &&
    previous.generation === current.generation &&
    previous.forceSync === current.forceSync &&
    previous.problems.length === current.problems.length
  );
}

function add(index: Map<ObjectKey, Set<ObjectKey>>, at: ObjectKey, sync: ObjectKey): void {
  index.getOrInsertComputed(at, () => new Set()).add(sync);
}

function remove(index: Map<ObjectKey, Set<ObjectKey>>, at: ObjectKey, sync: ObjectKey): void {
  const keys = index.get(at);
  keys?.delete(sync);
  if (keys?.size === 0) index.delete(at);
}
