import type { Caller } from './caller.ts';
import type { ObjectRef } from './object-ref.ts';
import type { SecretBytes } from './secret-bytes.ts';

/** What a dialect makes of a manifest. After it nothing knows which manifest it came from. */
export interface Plan {
  readonly caller: Caller;
  readonly objects: readonly PlannedObject[];
  readonly freshness: Freshness;
}

export interface PlannedObject {
  /** For messages, and the id under which the driver keeps the version. Parity: for AWS that is the path. */
  readonly name: string;
  readonly ref: ObjectRef;
  readonly select: Selector;
  readonly encoding: Encoding;
  /** Relative clean path inside the volume. */
  readonly path: string;
  /** Permission bits, usually 0..0o777. Parity: what the manifest says, up to the 31 bits that the protocol carries. */
  readonly mode: number;
  readonly version: VersionRule;
  /** An absent object is left out instead of failing the mount. */
  readonly optional: boolean;
  /** Every key of the selected JSON object becomes a file; `path` itself is not written. */
  readonly expand: boolean;
}

/**
 * Where the version of a file comes from. `hmac`: a keyed hash over `input` (the object's configuration in the peer's JSON
 * form) and the content. `store`: the store's own version of the value.
 */
export type VersionRule = { readonly kind: 'hmac'; readonly input: string } | { readonly kind: 'store' };

/**
 * Of Vault's answers: `response`: the whole answer in the peer's JSON form; `key`: one member of its data. Of any other:
 * `raw`: the value as it is; `jmesPath`: the string that an expression finds in a value that is JSON.
 */
export type Selector =
  | { readonly kind: 'response' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'raw' }
  | { readonly kind: 'jmesPath'; readonly expression: string };

export type Encoding = 'utf-8' | 'base64' | 'hex';

/** Undefined: the daemon's flag decides. Durations in milliseconds. */
export interface Freshness {
  readonly refreshIntervalMs?: number;
  readonly staleIfErrorMs?: number;
  readonly staleOnFirstMount: boolean;
}

/** One file of a volume, or one value of a Secret. */
export interface ResolvedObject {
  readonly name: string;
  readonly path: string;
  readonly mode: number;
  readonly contents: SecretBytes;
  /** Changes whenever the content changes, and only then. */
  readonly version: string;
}
