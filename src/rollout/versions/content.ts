import { createHash } from 'node:crypto';

import type { SecretBytes } from '../../core/secret-bytes.ts';
import type { DesiredSecret } from '../../secret-objects/secret-object.ts';
import type { KeySet } from '../workloads/references.ts';
import { contentHash, toHash, valueHash } from './version.ts';

/** What is kept in memory of a Secret's content: enough to see what changed and for whom, and no value. */
export interface SecretContent {
  readonly type: string;
  /** Of type and all data. 12 characters, for annotations and names. */
  readonly hash: string;
  /** Of each value, by its key; 12 characters. */
  readonly keyHashes: ReadonlyMap<string, string>;
}

/**
 * `key`: of the Secret's namespace (namespaceKey). Contents that were made with different keys cannot be compared: whoever keeps one
 * keeps the keyId with it.
 */
export function toContent(key: SecretBytes, { type, data }: Pick<DesiredSecret, 'type' | 'data'>): SecretContent {
  const keyHashes = new Map([...data].map(([name, value]) => [name, valueHash(key, name, value)]));
  return { type, hash: contentHash(key, type, data), keyHashes };
}

/**
 * Of what a workload uses only: a change of other keys changes nothing. A key that is missing counts as that. `all`: every key,
 * and the type. 12 characters; as keyed as the hashes that it is made of.
 */
export function usedHash({ hash, keyHashes }: Pick<SecretContent, 'hash' | 'keyHashes'>, keys: KeySet): string {
  if (keys === 'all') return hash;
  const used = [...keys].toSorted().flatMap((name) => {
    const known = keyHashes.get(name);
    return known === undefined ? [] : [[name, known]];
  });
  return toHash(createHash('sha256').update(JSON.stringify(used)).digest());
}
