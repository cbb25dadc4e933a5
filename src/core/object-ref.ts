import { type AwsParameterRef, awsRequestKey, type AwsSecretRef, awsStoreKey, isAwsShareable } from './aws-ref.ts';
import { memoize } from './memoize.ts';

/**
 * Where an object lives: which store, entered how, asked what. A closed union over the kinds of backends; everything
 * in a ref is text from the manifest or the daemon's defaults, never a secret.
 */
export type ObjectRef = VaultRef | AwsSecretRef | AwsParameterRef;

export interface VaultRef {
  readonly kind: 'vault';
  readonly store: VaultStore;
  readonly request: VaultRequest;
}

/** One way into one Vault or OpenBao. Files are paths inside the daemon's container. */
export interface VaultStore {
  /** `https://host:port[/base]`, `http://…` or `unix:///path`. */
  readonly address: string;
  /** Sent as X-Vault-Namespace on login and reads; empty: none. */
  readonly namespace: string;
  readonly tls: VaultTls;
  readonly auth: VaultAuth;
}

export interface VaultTls {
  readonly caFile: string;
  readonly caDirectory: string;
  readonly serverName: string;
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
  readonly skipVerify: boolean;
}

/**
 * `service-account` serves the kubernetes and the jwt method: both take the pod's token and a role.
 * `approle`: secret_id (and role_id unless given) from the caller's secrets; `token`: key `token` there;
 * `cert`: `tls.crt` and `tls.key` there.
 */
export type VaultAuth =
  | {
      readonly method: 'service-account';
      /** Clean, not encoded, without `auth/`; may hold slashes. */
      readonly mount: string;
      readonly role: string;
      /** Picks the token among those that the driver handed over. */
      readonly audience: string;
      /**
       * What a token that is asked of Kubernetes (`--token-request-fallback`) is for. Parity: empty, the API server's own
       * audience, when the manifest names none.
       */
      readonly requestAudience?: string;
    }
  | { readonly method: 'approle'; readonly mount: string; readonly roleId: string }
  | { readonly method: 'cert'; readonly mount: string; readonly role: string }
  | { readonly method: 'token' };

export interface VaultRequest {
  /** Verbatim from the manifest; `GET` when it says nothing. */
  readonly method: string;
  /** Clean and percent-encoded, starts with `/v1/`; the base path of the address goes before it. */
  readonly path: string;
  /** Sorted and encoded, without `?`; empty: none. */
  readonly query: string;
  /** Canonical JSON of secretArgs, or undefined for no body. */
  readonly body?: string;
  /**
   * Why the arguments cannot be sent, as the end of a sentence that starts with the object. The request fails with
   * VAULT_REQUEST_REFUSED after the login and is never sent. Parity: the official provider finds out at that moment.
   */
  readonly unsendable?: string;
}

/** The store side of a cache key: everything that decides who we are at the store. */
export const storeKey = memoize((ref: ObjectRef): string => {
  if (ref.kind !== 'vault') return awsStoreKey(ref);
  const { address, namespace, tls, auth } = ref.store;
  return JSON.stringify([ref.kind, address, namespace, Object.values(tls), Object.entries(auth)]);
});

/** The request side of a cache key: what is asked. Two refs with equal keys under one identity get one answer. */
export const requestKey = memoize((ref: ObjectRef): string => {
  if (ref.kind !== 'vault') return awsRequestKey(ref);
  const { method, path, query, body, unsendable } = ref.request;
  return JSON.stringify([method, path, query, body ?? null, ...(unsendable === undefined ? [] : [unsendable])]);
});

/** Whether the answer may serve another pod of the same account: for Vault a plain read with no arguments. */
export function isShareable(ref: ObjectRef): boolean {
  if (ref.kind !== 'vault') return isAwsShareable(ref);
  const { method, body, unsendable } = ref.request;
  return method === 'GET' && body === undefined && unsendable === undefined;
}

/** Whether the service account alone decides who the caller is there; otherwise a credential that it brings along. */
export function isAccountLogin(ref: ObjectRef): boolean {
  return ref.kind !== 'vault' || ref.store.auth.method === 'service-account';
}

/** The store, for messages and audit lines: an address, or a service and its region. */
export function storeName(ref: ObjectRef): string {
  switch (ref.kind) {
    case 'vault':
      return ref.store.address;
    case 'aws-secret':
      return `secretsmanager ${ref.store.region}`;
    case 'aws-parameter':
      return `ssm ${ref.store.region}`;
  }
}

/** What is asked there, for messages and audit lines: a path, or a name and the version that is wanted of it. */
export function requestName(ref: ObjectRef): string {
  switch (ref.kind) {
    case 'vault':
      return ref.request.path;
    case 'aws-secret': {
      const { secretId, versionId, versionStage } = ref.request;
      return [secretId, versionId, versionStage].filter((part) => part !== undefined).join(':');
    }
    case 'aws-parameter': {
      const { name, version, label } = ref.request;
      return [name, version ?? label].filter((part) => part !== undefined).join(':');
    }
  }
}
