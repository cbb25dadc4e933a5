import { createHash } from 'node:crypto';

import type { FetchOutcome } from '../../core/backend.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';

/** A value and AWS's name for its version. A version can be overwritten in the store, so the fingerprint holds a digest too. */
export function toFound(value: string | Uint8Array, version: string): FetchOutcome {
  const payload = SecretBytes.from(value);
  const digest = createHash('sha256').update(payload.reveal()).digest('base64url');
  return { status: 'found', payload, version, fingerprint: `${version} ${digest}`, leased: false };
}
