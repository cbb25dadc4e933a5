import type { Caller } from './caller.ts';
import type { SecretBytes } from './secret-bytes.ts';

/**
 * Port to Kubernetes for tokens that nobody sent: of a pod's service account, bound to the pod, for
 * `--token-request-fallback`; of a service account alone, for the controller.
 */
export interface TokenIssuer {
  /**
   * A token that is good for at least some minutes. `audience` empty: the API server's own, which only pods get. Throws
   * SecretError TOKEN_REQUEST_FAILED, AUDIENCE_FORBIDDEN.
   */
  issue(caller: Caller, audience: string, options: { readonly signal: AbortSignal }): Promise<SecretBytes>;
}
