import { accountKey, type Caller, podKey } from '../core/caller.ts';
import { isAccountLogin, isShareable, type ObjectRef, requestKey, storeKey } from '../core/object-ref.ts';
import type { Plan, PlannedObject } from '../core/plan.ts';
import type { SecretBytes } from '../core/secret-bytes.ts';
import { hmacVersion } from '../core/version.ts';

/** One thing that a call has to learn from a store, and the objects of its plan that are made of the answer. */
export interface Question {
  readonly ref: ObjectRef;
  readonly objects: readonly PlannedObject[];
  /** Everything that decides who we are at the store, as far as the manifest says; one login serves equal ones. */
  readonly store: string;
  readonly isShareable: boolean;
  /** The cache key when this pod alone may see the answer. */
  readonly podKey: string;
  /** The cache key when every pod of the account may see it. */
  readonly accountKey: string;
}

/** Whose keys the questions of a plan carry. */
export interface Asker {
  readonly caller: Caller;
  readonly pod: string;
  readonly account: string;
  /** Differs for callers who log in with different secrets of nodePublishSecretRef, and tells nothing about them. */
  readonly credential: () => string;
}

/** Who asks, as text for keys. `versionKey` hides the credential. */
export function toAsker(caller: Caller, versionKey: SecretBytes): Asker {
  let credential: string | undefined;
  return {
    caller,
    pod: podKey(caller),
    account: accountKey(caller),
    credential: () => (credential ??= toCredential(caller.secrets, versionKey)),
  };
}

/**
 * The questions of a plan, each asked once, in the order of their first object. Parity: objects with equal requests
 * share one answer, so that a user name and its password belong together.
 */
export function toQuestions(plan: Plan, asker: Asker): readonly Question[] {
  const questions = new Map<string, Question & { objects: PlannedObject[] }>();
  for (const object of plan.objects) {
    const question = toQuestion(object, asker);
    const same = questions.get(question.podKey);
    if (same) same.objects.push(object);
    else questions.set(question.podKey, question);
  }
  return [...questions.values()];
}

function toQuestion(object: PlannedObject, asker: Asker): Question & { objects: PlannedObject[] } {
  const { ref } = object;
  const credential = isOwnLogin(ref, asker.caller) ? asker.credential() : '';
  const store = `${storeKey(ref)}\n${credential}`;
  const asked = `${store}\n${requestKey(ref)}`;
  return {
    ref,
    objects: [object],
    store,
    isShareable: isShareable(ref),
    podKey: `${asker.pod}\n${asked}`,
    accountKey: `${asker.account}\n${asked}`,
  };
}

/** A login by service account is decided by the account; any other by a secret that the caller brought. */
function isOwnLogin(ref: ObjectRef, caller: Caller): boolean {
  return !isAccountLogin(ref) || caller.kind === 'operator';
}

/** A chain of keyed hashes over names and values, in the order of the names. */
function toCredential(secrets: ReadonlyMap<string, SecretBytes>, versionKey: SecretBytes): string {
  const names = [...secrets].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return names.reduce((sum, [name, value]) => hmacVersion(versionKey, JSON.stringify([sum, name]), value), '');
}
