import type { Caller } from '../../core/caller.ts';
import { SecretError } from '../../core/errors.ts';
import { isTimeout } from '../../platform/deadline.ts';

/** TOKEN_REQUEST_FAILED: whose token, the API server's own reason, and what to do. NOT_LEADER stays what it is. */
export function toAccountTokenError(caller: Caller, cause: unknown): SecretError {
  const { namespace, serviceAccount } = caller;
  if (isTimeout(cause)) return accountTokenError(caller, 'the API server did not answer in time', cause);
  // Whatever else is thrown has no words that may be shown.
  if (!(cause instanceof SecretError)) return accountTokenError(caller, 'the API server could not be asked', cause);
  if (cause.code === 'NOT_LEADER') return cause;
  if (cause.code === 'KUBE_NOT_FOUND') {
    const reason = `service account ${serviceAccount} does not exist in namespace ${namespace}`;
    return accountTokenError(caller, `${reason}; create it, or correct serviceAccountName`, cause);
  }
  return accountTokenError(caller, cause.message, cause);
}

/** `reason` is the end of the sentence and says what to do. */
export function accountTokenError({ namespace, serviceAccount }: Caller, reason: string, cause?: unknown): SecretError {
  const message = `no token of service account ${namespace}/${serviceAccount}: ${reason}`;
  return new SecretError('TOKEN_REQUEST_FAILED', message, { cause });
}
