import { decodeText } from './decode.ts';
import { SecretError } from './errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, marshalGo } from './go-json.ts';
import { JmesPathError, searchJmesPath } from './jmes-path.ts';
import { nearest } from './nearest.ts';
import { requestName, storeName } from './object-ref.ts';
import type { Payload } from './payload.ts';
import type { Encoding, PlannedObject } from './plan.ts';
import { SecretBytes } from './secret-bytes.ts';
import { marshalVaultAnswer, type VaultAnswer } from './vault-answer.ts';

/** Key names that a message lists; the names of keys are no secrets. */
const maxListedKeys = 10;
const maxKeyLength = 64;

/** What the file of an object holds. Throws SecretError KEY_MISSING, DECODE_FAILED, SELECT_FAILED or VAULT_ANSWER_INVALID. */
export function selectContents(payload: Payload, object: PlannedObject): SecretBytes {
  const { select, encoding } = object;
  switch (select.kind) {
    case 'response':
      // Parity: the encoding says nothing about a whole answer.
      return SecretBytes.from(marshalVaultAnswer(payload.vaultAnswer()));
    case 'key': {
      const contents = decodeText(selectText(payload.vaultAnswer(), object, select.key), encoding);
      if (contents === undefined) throw decodeFailed(object, select.key);
      return SecretBytes.from(contents);
    }
    case 'raw':
      return payload.bytes;
    case 'jmesPath':
      return SecretBytes.from(findText(payload.json(), object, select.expression));
  }
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
export function describeObject({ name, ref }: PlannedObject): string {
  const where = ref.kind === 'vault' ? requestName(ref) : `${storeName(ref)} ${requestName(ref)}`;
  return `object ${JSON.stringify(name)} (${where})`;
}

/** Parity: a string as it is, anything else as JSON. */
function selectText(answer: VaultAnswer, object: PlannedObject, key: string): string {
  const data = selectableData(answer);
  const value = data.get(key);
  if (value === undefined) throw keyMissing(object, key, [...data.keys()]);
  return typeof value === 'string' ? value : marshalGo(value);
}

/** Parity: strings alone; a number, a list and the like need to_string() in the expression. */
function findText(document: JsonValue | undefined, object: PlannedObject, expression: string): string {
  if (document === undefined) throw selectFailed(object, 'the value is no JSON, so that jmesPath cannot be used');
  const path = `jmesPath ${JSON.stringify(expression)}`;
  const value = search(document, object, expression);
  if (typeof value === 'string') return value;
  if (value !== null) {
    const remedy = `only a string can become a file: write to_string(${expression}), or select further`;
    throw selectFailed(object, `${path} finds ${kindOf(value)}; ${remedy}`);
  }
  const keys = isJsonObject(document) ? [...document.keys()] : [];
  const meant = nearest(expression, keys);
  const hint = meant === undefined ? '' : `; did you mean ${quoteKey(meant)}?`;
  const message = `${describeObject(object)}: ${path} finds nothing there; ${listKeys(keys)}${hint}`;
  throw new SecretError('KEY_MISSING', message);
}

function search(document: JsonValue, object: PlannedObject, expression: string): ReturnType<typeof searchJmesPath> {
  try {
    return searchJmesPath(expression, document);
  } catch (error) {
    if (!(error instanceof JmesPathError)) throw error;
    throw selectFailed(object, `jmesPath ${JSON.stringify(expression)} ${error.message}`);
  }
}

function kindOf(value: ReturnType<typeof searchJmesPath>): string {
  if (typeof value === 'number') return 'a number';
  if (typeof value === 'boolean') return 'a boolean';
  return Array.isArray(value) ? 'a list' : 'an object';
}

function selectFailed(object: PlannedObject, reason: string): SecretError {
  return new SecretError('SELECT_FAILED', `${describeObject(object)}: ${reason}`);
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
