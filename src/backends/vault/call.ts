import type { VaultStore } from '../../core/object-ref.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';

/** One request to one Vault, before it meets the network. */
export interface VaultCall {
  readonly operation: 'login' | 'read' | 'renew_token' | 'renew_lease' | 'check_token';
  readonly store: VaultStore;
  /** Replaces the client certificate of the store's files: the cert method logs in with the caller's own. */
  readonly identity?: TlsIdentity;
  readonly method: string;
  /** Percent-encoded, starts with `/v1/`. */
  readonly path: string;
  /** Encoded, without `?`; empty: none. */
  readonly query: string;
  readonly body?: string;
  readonly token?: SecretBytes;
}

/** A client certificate and its key as PEM. */
export interface TlsIdentity {
  readonly cert: SecretBytes;
  readonly key: SecretBytes;
}

/** What came back, of any status. */
export interface WireAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly retryAfter: string | undefined;
  readonly body: Buffer;
}

/** `GET /v1/secret/data/x at https://vault:8200 (namespace "team", role "app")`. */
export function describeCall(call: VaultCall): string {
  const { address, namespace, auth } = call.store;
  const query = call.query === '' ? '' : `?${call.query}`;
  const facts = [
    ...(namespace === '' ? [] : [`namespace ${quote(namespace)}`]),
    ...('role' in auth && auth.role !== '' ? [`role ${quote(auth.role)}`] : []),
  ];
  const identity = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
  return `${call.method} ${shorten(call.path + query)} at ${shorten(address)}${identity}`;
}

/** A name from a manifest as a message shows it: quoted, without control characters, bounded. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
