import type { ResolvedObject } from '../../src/core/plan.ts';
import { SecretBytes } from '../../src/core/secret-bytes.ts';

/** A file of a class as it comes out of the resolver. */
export function toFile(path: string, contents: string | Uint8Array): ResolvedObject {
  return { name: path, path, mode: 0o644, contents: SecretBytes.from(contents), version: 'v1' };
}
