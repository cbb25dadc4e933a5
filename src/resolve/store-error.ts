import { SecretError, toSecretError } from '../core/errors.ts';
import { type ObjectRef, storeName } from '../core/object-ref.ts';
import { isTimeout } from '../platform/deadline.ts';

/** What asking a store failed with; our own bound on it, or the caller's, counts as an outage of the store. */
export function toStoreError(error: unknown, ref: ObjectRef): SecretError {
  if (!isTimeout(error)) return toSecretError(error);
  const remedy = 'check that it is reachable from the node and not overloaded';
  return new SecretError('MOUNT_DEADLINE', `${storeName(ref)} did not answer in time; ${remedy}`, { cause: error });
}

/** The store refused or has nothing: a kept value must not be delivered any more. */
export function isRefusal(error: SecretError): boolean {
  return error.isAbsent || isOfCaller(error);
}

/** The store refused this caller, whose token or pod may be at its end; the next one of the account may do better. */
export function isOfCaller(error: SecretError): boolean {
  return error.status === 'UNAUTHENTICATED' || error.status === 'PERMISSION_DENIED';
}
