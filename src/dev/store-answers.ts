/** An answer of the Vault-shaped store before it is written to the wire. */
export interface StoreAnswer {
  readonly status: number;
  readonly body: object;
}

/** The members of Vault's response that differ between engines; the rest have their neutral value. */
export interface AnswerParts {
  readonly requestId: string;
  readonly mountType: string;
  readonly data?: object | null;
  readonly auth?: object;
  readonly lease?: { readonly id: string; readonly seconds: number; readonly renewable: boolean };
  /** Key/value version 1 answers a duration without a lease. */
  readonly leaseSeconds?: number;
}

/** Every member that Vault sends, in its order, nulls included. */
export function toAnswer(parts: AnswerParts, status = 200): StoreAnswer {
  const { requestId, mountType, data = null, auth = null, lease, leaseSeconds = 0 } = parts;
  return {
    status,
    body: {
      request_id: requestId,
      lease_id: lease?.id ?? '',
      renewable: lease?.renewable ?? false,
      lease_duration: lease?.seconds ?? leaseSeconds,
      data,
      wrap_info: null,
      warnings: null,
      auth,
      mount_type: mountType,
    },
  };
}

/** A refusal. Vault says nothing at all about what does not exist: `{"errors":[]}`. */
export function toRefusal(status: number, ...errors: readonly string[]): StoreAnswer {
  return { status, body: { errors } };
}

export const permissionDenied = toRefusal(403, 'permission denied');
export const notFound = toRefusal(404);
export const unsupportedMethod = toRefusal(405, 'unsupported operation');
