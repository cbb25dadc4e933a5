/**
 * The statuses that may leave a Mount. UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED and CANCELLED are
 * missing on purpose: after one of those kubelet may start the pod with an empty volume, for good.
 */
export type MountStatus =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'PERMISSION_DENIED'
  | 'UNAUTHENTICATED'
  | 'FAILED_PRECONDITION'
  | 'INTERNAL'
  | 'UNKNOWN';

/** Who has to act: the author of the manifest, the operator of the store, the operator of lockstep. */
export type Fault = 'user' | 'store' | 'operator' | 'lockstep';

interface CatalogueEntry {
  readonly status: MountStatus;
  /** Whether the same call may succeed later with nobody changing anything. */
  readonly retry: boolean;
  readonly fault: Fault;
}

/** Every failure of lockstep. docs/errors.md lists the same codes; test/docs.test.ts compares both ways. */
export const catalogue = {
  REQUEST_INVALID: { status: 'INVALID_ARGUMENT', retry: false, fault: 'operator' },
  MANIFEST_INVALID: { status: 'INVALID_ARGUMENT', retry: false, fault: 'user' },
  ADDRESS_FORBIDDEN: { status: 'PERMISSION_DENIED', retry: false, fault: 'user' },
  PATH_FORBIDDEN: { status: 'PERMISSION_DENIED', retry: false, fault: 'user' },
  TOKEN_MISSING: { status: 'UNAUTHENTICATED', retry: false, fault: 'operator' },
  TOKEN_REQUEST_FAILED: { status: 'UNAUTHENTICATED', retry: true, fault: 'operator' },
  CREDENTIAL_MISSING: { status: 'UNAUTHENTICATED', retry: false, fault: 'user' },
  VAULT_LOGIN_REFUSED: { status: 'UNAUTHENTICATED', retry: false, fault: 'user' },
  VAULT_DENIED: { status: 'PERMISSION_DENIED', retry: false, fault: 'user' },
  VAULT_NOT_FOUND: { status: 'NOT_FOUND', retry: false, fault: 'user' },
  VAULT_REQUEST_REFUSED: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  VAULT_UNREACHABLE: { status: 'UNKNOWN', retry: true, fault: 'store' },
  VAULT_TIMEOUT: { status: 'UNKNOWN', retry: true, fault: 'store' },
  VAULT_UNAVAILABLE: { status: 'UNKNOWN', retry: true, fault: 'store' },
  VAULT_TLS: { status: 'FAILED_PRECONDITION', retry: false, fault: 'operator' },
  VAULT_REDIRECT_REFUSED: { status: 'FAILED_PRECONDITION', retry: false, fault: 'operator' },
  VAULT_ANSWER_INVALID: { status: 'FAILED_PRECONDITION', retry: false, fault: 'store' },
  VAULT_ANSWER_EMPTY: { status: 'NOT_FOUND', retry: false, fault: 'user' },
  AWS_CREDENTIALS_REFUSED: { status: 'UNAUTHENTICATED', retry: false, fault: 'user' },
  AWS_ROLE_MISSING: { status: 'UNAUTHENTICATED', retry: false, fault: 'user' },
  AWS_ROLE_LOOKUP_FAILED: { status: 'UNAUTHENTICATED', retry: true, fault: 'operator' },
  AWS_DENIED: { status: 'PERMISSION_DENIED', retry: false, fault: 'user' },
  AWS_DECRYPT_REFUSED: { status: 'PERMISSION_DENIED', retry: false, fault: 'user' },
  AWS_NOT_FOUND: { status: 'NOT_FOUND', retry: false, fault: 'user' },
  AWS_REQUEST_REFUSED: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  AWS_UNREACHABLE: { status: 'UNKNOWN', retry: true, fault: 'store' },
  AWS_TIMEOUT: { status: 'UNKNOWN', retry: true, fault: 'store' },
  AWS_THROTTLED: { status: 'UNKNOWN', retry: true, fault: 'store' },
  AWS_UNAVAILABLE: { status: 'UNKNOWN', retry: true, fault: 'store' },
  AWS_TLS: { status: 'FAILED_PRECONDITION', retry: false, fault: 'operator' },
  AWS_ANSWER_INVALID: { status: 'FAILED_PRECONDITION', retry: false, fault: 'store' },
  KEY_MISSING: { status: 'NOT_FOUND', retry: false, fault: 'user' },
  SELECT_FAILED: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  DECODE_FAILED: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  EXPAND_FAILED: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  REPLY_TOO_LARGE: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  MOUNT_DEADLINE: { status: 'UNKNOWN', retry: true, fault: 'store' },
  MOUNT_BUSY: { status: 'UNKNOWN', retry: true, fault: 'lockstep' },
  MOUNT_CANCELLED: { status: 'UNKNOWN', retry: true, fault: 'lockstep' },
  SHUTTING_DOWN: { status: 'UNKNOWN', retry: true, fault: 'lockstep' },
  INTERNAL: { status: 'INTERNAL', retry: true, fault: 'lockstep' },
  SYNC_INVALID: { status: 'INVALID_ARGUMENT', retry: false, fault: 'user' },
  CLASS_NOT_FOUND: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  CLASS_NOT_ENABLED: { status: 'PERMISSION_DENIED', retry: false, fault: 'user' },
  AUDIENCE_FORBIDDEN: { status: 'PERMISSION_DENIED', retry: false, fault: 'operator' },
  POD_IDENTITY_UNSUPPORTED: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  SECRET_INVALID: { status: 'INVALID_ARGUMENT', retry: false, fault: 'user' },
  SECRET_TYPE_REFUSED: { status: 'INVALID_ARGUMENT', retry: false, fault: 'user' },
  SECRET_TOO_LARGE: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  SECRET_CONFLICT: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  SECRET_IMMUTABLE: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  KUBE_FORBIDDEN: { status: 'PERMISSION_DENIED', retry: false, fault: 'operator' },
  KUBE_UNAUTHENTICATED: { status: 'UNAUTHENTICATED', retry: false, fault: 'operator' },
  KUBE_NOT_FOUND: { status: 'FAILED_PRECONDITION', retry: false, fault: 'operator' },
  KUBE_CONFLICT: { status: 'FAILED_PRECONDITION', retry: true, fault: 'lockstep' },
  KUBE_GONE: { status: 'FAILED_PRECONDITION', retry: true, fault: 'lockstep' },
  KUBE_REFUSED: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  QUOTA_EXCEEDED: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  NAMESPACE_TERMINATING: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  KUBE_UNREACHABLE: { status: 'UNKNOWN', retry: true, fault: 'operator' },
  KUBE_TIMEOUT: { status: 'UNKNOWN', retry: true, fault: 'operator' },
  KUBE_UNAVAILABLE: { status: 'UNKNOWN', retry: true, fault: 'operator' },
  KUBE_ANSWER_INVALID: { status: 'INTERNAL', retry: true, fault: 'operator' },
  NOT_LEADER: { status: 'UNKNOWN', retry: true, fault: 'lockstep' },
  CONFIG_INVALID: { status: 'FAILED_PRECONDITION', retry: false, fault: 'operator' },
  VERSION_KEY_INVALID: { status: 'FAILED_PRECONDITION', retry: false, fault: 'operator' },
  SOCKET_UNUSABLE: { status: 'FAILED_PRECONDITION', retry: false, fault: 'operator' },
  SOCKET_IN_USE: { status: 'FAILED_PRECONDITION', retry: false, fault: 'operator' },
  FILE_UNREADABLE: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
  OUTPUT_REFUSED: { status: 'FAILED_PRECONDITION', retry: false, fault: 'user' },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

/**
 * The only error that lockstep throws. `message` is safe to show to a user: it names the object, the reason and the
 * remedy, and holds no secret, token or whole request. `cause` is for the log.
 */
export class SecretError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get status(): MountStatus {
    return catalogue[this.code].status;
  }

  /** The store could not answer (timeout, connection, 5xx, 429): a value that is already there may be kept. */
  get isOutage(): boolean {
    return catalogue[this.code].fault === 'store' && catalogue[this.code].retry;
  }

  /** The store answered that there is no such thing: an optional object is left out. */
  get isAbsent(): boolean {
    return this.status === 'NOT_FOUND';
  }
}
Object.defineProperty(SecretError.prototype, 'name', { value: 'SecretError' });

/** What a foreign error becomes when no adapter has named it. The original text may hold anything, so it stays in `cause`. */
export function toSecretError(error: unknown): SecretError {
  if (error instanceof SecretError) return error;
  return new SecretError('INTERNAL', 'lockstep failed internally; the log of the daemon has the details', {
    cause: error,
  });
}
