import type { SecretBytes } from '../core/secret-bytes.ts';

/** One entry of `secretObjects`: a Secret to keep, and the files that it is made of. */
export interface SecretObject {
  readonly secretName: string;
  /** `Opaque` unless said otherwise. */
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly immutable: boolean;
  /** Undefined: every file, its path being the key, with dots for slashes. */
  readonly data: readonly SecretDatum[] | undefined;
}

export interface SecretDatum {
  /** Path of a file of the class, nested ones with slashes. */
  readonly objectName: string;
  readonly key: string;
}

/** A Secret as it should be. */
export interface DesiredSecret {
  readonly name: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly immutable: boolean;
  readonly data: ReadonlyMap<string, SecretBytes>;
}
