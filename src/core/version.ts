import { createHmac } from 'node:crypto';

import type { Parsed } from './problem.ts';
import { SecretBytes } from './secret-bytes.ts';

const keyBytes = 32;

/**
 * The version of one file: changes whenever its content or configuration changes, and only then.
 * Parity: base64url with padding of HMAC-SHA256 over the object's configuration followed by its content.
 */
export function hmacVersion(key: SecretBytes, versionInput: string, contents: SecretBytes): string {
  const hmac = createHmac('sha256', key.reveal()).update(versionInput).update(contents.reveal());
  // Node leaves the padding out; 32 bytes need one character of it.
  return `${hmac.digest('base64url')}=`;
}

/** Checks the content of `--version-key-file`. Takes the bytes over. */
export function parseVersionKey(raw: Uint8Array): Parsed<SecretBytes> {
  if (raw.byteLength === keyBytes) return { ok: true, value: SecretBytes.from(raw) };
  const message = `the file must hold exactly ${keyBytes} raw bytes, and holds ${raw.byteLength}${keyHint(raw.byteLength)}`;
  return { ok: false, problems: [{ path: '--version-key-file', message, code: 'VERSION_KEY_INVALID' }] };
}

/** What people usually put there instead. */
function keyHint(size: number): string {
  if (size === 33) return ': is there a line break at the end?';
  if (size === 44 || size === 45) return ': it may be base64 text, which must be decoded first';
  if (size === 64 || size === 65) return ': it may be hex text, which must be decoded first';
  return '';
}
