import { ApiException } from '@kubernetes/client-node';

import type { Caller } from '../../core/caller.ts';
import { SecretError } from '../../core/errors.ts';

const maxReasonLength = 500;

/** TOKEN_REQUEST_FAILED: whose token, the API server's own reason, and what to do about it. */
export function toTokenRequestError(caller: Caller, cause: unknown): SecretError {
  const { namespace, serviceAccount, pod } = caller;
  const whose = `service account ${namespace}/${serviceAccount} of pod ${pod?.name ?? ''}`;
  const code = cause instanceof ApiException ? cause.code : undefined;
  return new SecretError('TOKEN_REQUEST_FAILED', `no token for ${whose}: ${toReason(cause)}; ${toRemedy(code)}`, {
    cause: cause instanceof ApiException ? undefined : cause,
  });
}

/** AWS_ROLE_LOOKUP_FAILED: whose annotation, the API server's own reason, and what to do about it. */
export function toRoleLookupError({ kind, namespace, serviceAccount }: Caller, cause: unknown): SecretError {
  const whose = `service account ${namespace}/${serviceAccount}`;
  const code = cause instanceof ApiException ? cause.code : undefined;
  const occasion = kind === 'service-account' ? 'sync' : 'mount';
  const remedy =
    roleRemedies.get(code ?? 0) ?? `it is asked again with the next ${occasion}; with roleArn there is no need to`;
  return new SecretError('AWS_ROLE_LOOKUP_FAILED', `no role for ${whose}: ${toReason(cause)}; ${remedy}`, {
    cause: cause instanceof ApiException ? undefined : cause,
  });
}

const roleRemedies: ReadonlyMap<number, string> = new Map([
  [401, "check lockstep's own credentials for the API server"],
  [403, "let lockstep's service account get serviceaccounts, or set roleArn"],
  [404, 'the service account is gone'],
]);

function toReason(cause: unknown): string {
  if (cause instanceof ApiException) {
    return `the API server answered ${cause.code}${toDetail(cause.body)}`.slice(0, maxReasonLength);
  }
  const root = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (root instanceof Error && 'code' in root) return `the API server cannot be reached (${String(root.code)})`;
  return root instanceof Error ? root.message.slice(0, maxReasonLength) : 'unknown reason';
}

/** The message of a Kubernetes Status, which the client hands over as its JSON text. */
function toDetail(body: unknown): string {
  try {
    const status: unknown = typeof body === 'string' ? JSON.parse(body) : body;
    if (typeof status === 'object' && status !== null && 'message' in status) return `: ${String(status.message)}`;
  } catch {
    // Not a Status: a proxy in between. Its page helps nobody.
  }
  return '';
}

function toRemedy(code: number | undefined): string {
  switch (code) {
    case 401:
      return "check lockstep's own credentials for the API server";
    case 403:
      return "let lockstep's service account create serviceaccounts/token, or list the audience in the driver's tokenRequests";
    case 404:
      return 'the service account or the pod is gone';
    case undefined:
    default:
      return "it is asked again with the next mount; the driver's tokenRequests need no such call";
  }
}
