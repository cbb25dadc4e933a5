import type { Caller } from './caller.ts';
import type { SecretError } from './errors.ts';
import type { SecretBytes } from './secret-bytes.ts';

/** The port behind which a secret store stands. It knows neither SPC nor Kubernetes. */
export interface Backend<R extends { readonly kind: string }> {
  readonly kind: R['kind'];
  /**
   * Whose answers the caller may see. Answers at once when the identity is known; otherwise it logs in to learn it.
   * `shared`: proven authorization-equal for all pods of the caller's account. `pod`: this pod alone.
   * Throws SecretError when the login fails.
   */
  identify(ref: R, caller: Caller, options: FetchOptions): Promise<'shared' | 'pod'>;
  /** One outcome per ref, in order. Rejects only when nothing could be tried. */
  fetch(refs: readonly R[], caller: Caller, options: FetchOptions): Promise<readonly FetchOutcome[]>;
  close(): Promise<void>;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
}

export type FetchOutcome =
  | {
      readonly status: 'found';
      /** The store's answer as it came (for Vault: the JSON text of the response). */
      readonly payload: SecretBytes;
      /** Equal for two answers that differ in nothing but per-request noise, such as Vault's request_id. */
      readonly fingerprint: string;
      /** The store's own name for this version, where it has one. */
      readonly version?: string;
      /** Issued to this caller alone and kept by the backend until it must be asked again: nobody else may keep or share it. */
      readonly leased: boolean;
    }
  | { readonly status: 'failed'; readonly error: SecretError };
