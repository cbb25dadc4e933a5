import { createHmac, type Hmac } from 'node:crypto';

import type { SecretBytes } from '../core/secret-bytes.ts';
import type { DesiredSecret } from './secret-object.ts';

/**
 * A keyed hash over everything of a Secret but its name: equal for equal content in any order, and worth nothing to who does
 * not have the key. For comparing in memory whether a Secret is still what was verified. 43 characters of base64url.
 */
export function contentDigest(secret: DesiredSecret, key: SecretBytes): string {
  const hmac = createHmac('sha256', key.reveal());
  addField(hmac, secret.type);
  addField(hmac, String(secret.immutable));
  addPairs(hmac, Object.entries(secret.labels));
  addPairs(hmac, Object.entries(secret.annotations));
  addPairs(
    hmac,
    [...secret.data].map(([name, value]) => [name, value.reveal()]),
  );
  return hmac.digest('base64url');
}

/** Whether both have the same keys with the same bytes. */
export function sameData(a: ReadonlyMap<string, SecretBytes>, b: ReadonlyMap<string, SecretBytes>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key)?.equals(value) === true);
}

/** Keys that only one of them has, or that differ in their bytes; sorted. */
export function differingKeys(
  a: ReadonlyMap<string, SecretBytes>,
  b: ReadonlyMap<string, SecretBytes>,
): readonly string[] {
  const keys = new Set([...a.keys(), ...b.keys()]);
  return [...keys].filter((key) => !isSame(a.get(key), b.get(key))).toSorted();
}

function isSame(a: SecretBytes | undefined, b: SecretBytes | undefined): boolean {
  return a !== undefined && b !== undefined && a.equals(b);
}

type Pair = readonly [name: string, value: string | Uint8Array];

/**
 * Sorted, with their number and every length before them, so that no two different contents are the same bytes. Names are
 * distinct.
 */
export function addPairs(hmac: Hmac, pairs: readonly Pair[]): void {
  addLength(hmac, pairs.length);
  for (const [name, value] of pairs.toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    addField(hmac, name);
    addField(hmac, value);
  }
}

/** With its length before it. */
export function addField(hmac: Hmac, value: string | Uint8Array): void {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  addLength(hmac, bytes.byteLength);
  hmac.update(bytes);
}

function addLength(hmac: Hmac, length: number): void {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(length);
  hmac.update(prefix);
}
