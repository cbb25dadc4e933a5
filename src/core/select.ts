import { decodeText } from './decode.ts';
import { SecretError } from './errors.ts';
import { isJsonObject, type JsonObject, marshalGo } from './go-json.ts';
import { nearest } from './nearest.ts';
import type { Encoding, PlannedObject } from './plan.ts';
import { problemsError } from './problem.ts';
import { SecretBytes } from './secret-bytes.ts';
import { marshalVaultAnswer, parseVaultAnswer, type VaultAnswer } from './vault-answer.ts';

/** Key names that a message lists; the names of keys are no secrets. */
const maxListedKeys = 10;
const maxKeyLength = 64;

/** Reads a payload once for all objects that select from it. Throws SecretError VAULT_ANSWER_INVALID. */
export function parsePayload(payload: SecretBytes): VaultAnswer {
  const parsed = parseVaultAnswer(payload.reveal().toString());
  if (!parsed.ok) throw problemsError(parsed.problems);
  return parsed.value;
}

/** What the file of an object holds. Throws SecretError KEY_MISSING or DECODE_FAILED. */
export function selectContents(answer: VaultAnswer, object: PlannedObject): SecretBytes {
  // Parity: the encoding says nothing about a whole answer.
  if (object.select.kind === 'response') return SecretBytes.from(marshalVaultAnswer(answer));
  const contents = decodeText(selectText(answer, object, object.select.key), object.encoding);
  if (contents === undefined) throw decodeFailed(object, object.select.key);
  return SecretBytes.from(contents);
}

/** The keys an object can select. Parity: an object under `data` is KV version 2, and hides what stands beside it. */
export function selectableData(answer: VaultAnswer): JsonObject {
  const inner = answer.data?.get('data');
  return isJsonObject(inner) ? inner : (answer.data ?? new Map());
}

/** The name of a key for messages, quoted and bounded. */
export function quoteKey(key: string): string {
  return JSON.stringify(key.length > maxKeyLength ? `${key.slice(0, maxKeyLength)}…` : key);
}

/** Names an object and where it was read, for messages. */
export function describeObject(object: PlannedObject): string {
  return `object ${JSON.stringify(object.name)} (${object.ref.request.path})`;
}

/** Parity: a string as it is, anything else as JSON. */
function selectText(answer: VaultAnswer, object: PlannedObject, key: string): string {
  const data = selectableData(answer);
  const value = data.get(key);
  if (value === undefined) throw keyMissing(object, key, [...data.keys()]);
  return typeof value === 'string' ? value : marshalGo(value);
}

function keyMissing(object: PlannedObject, key: string, keys: readonly string[]): SecretError {
  const meant = nearest(key, keys);
  const hint = meant === undefined ? '' : `; did you mean ${quoteKey(meant)}?`;
  const message = `${describeObject(object)}: key ${quoteKey(key)} does not exist there; ${listKeys(keys)}${hint}`;
  return new SecretError('KEY_MISSING', message);
}

function listKeys(keys: readonly string[]): string {
  if (keys.length === 0) return 'the secret has no keys';
  const listed = keys.slice(0, maxListedKeys).map(quoteKey);
  const rest = keys.length - listed.length;
  return `the secret has ${listed.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

const forms: Readonly<Record<Encoding, string>> = {
  'utf-8': 'text',
  base64: 'base64 (standard alphabet, with padding)',
  hex: 'hex (an even number of hexadecimal digits)',
};

function decodeFailed(object: PlannedObject, key: string): SecretError {
  const message = `${describeObject(object)}: the value of key ${quoteKey(key)} is no ${forms[object.encoding]}`;
  return new SecretError('DECODE_FAILED', `${message}; correct the value or the encoding of the object`);
}
