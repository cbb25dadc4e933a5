import { createHmac, type Hmac } from 'node:crypto';

import { SecretBytes } from '../../core/secret-bytes.ts';
import { addField, addPairs } from '../../secret-objects/digest.ts';

/** What a Secret holds, by key. */
export type SecretData = ReadonlyMap<string, SecretBytes>;

/** Base name and hash of a version must fit into the 253 characters of a name; this leaves them room. */
export const maxVersionedNameLength = 240;

/** 12 characters of base32hex in lower case: 60 bits. */
export const hashPattern = /^[0-9a-v]{12}$/;

/**
 * The key for everything of one namespace that the functions below make, out of the controller's version key. Equal values have
 * different hashes in different namespaces: who may sync Secrets in one cannot try values there and compare with another.
 */
export function namespaceKey(versionKey: SecretBytes, namespace: string): SecretBytes {
  const hmac = start(versionKey, 'namespace');
  addField(hmac, namespace);
  return SecretBytes.from(hmac.digest());
}

/** Tells hashes made with different keys apart, and nothing else: 8 characters of hex. */
export function keyId(key: SecretBytes): string {
  return start(key, 'key id').digest('hex').slice(0, 8);
}

/** Names the whole content of a Secret. Equal content has equal hashes, in any order of its keys. */
export function contentHash(key: SecretBytes, type: string, data: SecretData): string {
  const hmac = start(key, 'content');
  addField(hmac, type);
  addPairs(
    hmac,
    [...data].map(([name, value]) => [name, value.reveal()]),
  );
  return toHash(hmac.digest());
}

/** Of one value. Another one for the same value under another key, so that nobody sees which keys are equal. */
export function valueHash(key: SecretBytes, name: string, value: SecretBytes): string {
  const hmac = start(key, 'value');
  addField(hmac, name);
  addField(hmac, value.reveal());
  return toHash(hmac.digest());
}

/** The name of the immutable Secret that keeps one content of another. */
export function versionName(secret: string, hash: string): string {
  return `${secret}-${hash}`;
}

/** The first 60 bits. The digits of base 32 as JavaScript writes them are base32hex in lower case. */
export function toHash(digest: Buffer): string {
  return (digest.readBigUInt64BE() >> 4n).toString(32).padStart(12, '0');
}

/** The hashes of one purpose are worth nothing for another. */
function start(key: SecretBytes, purpose: string): Hmac {
  const hmac = createHmac('sha256', key.reveal());
  addField(hmac, `lockstep rollout ${purpose}`);
  return hmac;
}
