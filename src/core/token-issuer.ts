import type { Caller } from './caller.ts';
import type { SecretBytes } from './secret-bytes.ts';

/** Port to Kubernetes for `--token-request-fallback`: a fresh token of the caller's service account, bound to its pod. */
export interface TokenIssuer {
  /** `audience` empty: the API server's own. Throws SecretError TOKEN_REQUEST_FAILED. */
  issue(caller: Caller, audience: string, options: { readonly signal: AbortSignal }): Promise<SecretBytes>;
}
