import { SecretError } from './errors.ts';
import { checkFilePath } from './file-path.ts';
import { isJsonObject, type JsonObject, type JsonValue, marshalGo, parseJson } from './go-json.ts';
import type { PlannedObject } from './plan.ts';
import { SecretBytes } from './secret-bytes.ts';
import { describeObject, quoteKey, selectableData, selectContents } from './select.ts';
import type { VaultAnswer } from './vault-answer.ts';

/** One file that an object becomes. */
export interface SelectedFile {
  readonly name: string;
  readonly path: string;
  readonly mode: number;
  readonly contents: SecretBytes;
  /** What goes before the content in the version's HMAC. */
  readonly versionInput: string;
}

/** Refused keys that a message names. */
const maxListedKeys = 10;

/**
 * The files of an object: one, or with `expand` one per key of the JSON object it selects, in its order.
 * A file of an expanded object is named after its key, lies at the root of the volume under that name, and its version
 * covers the parent's configuration, the key and the content.
 * Throws SecretError KEY_MISSING, DECODE_FAILED or EXPAND_FAILED.
 */
export function selectFiles(answer: VaultAnswer, object: PlannedObject): readonly SelectedFile[] {
  if (object.expand) return expand(answer, object);
  const { name, path, mode, versionInput } = object;
  return [{ name, path, mode, versionInput, contents: selectContents(answer, object) }];
}

function expand(answer: VaultAnswer, object: PlannedObject): readonly SelectedFile[] {
  const members = [...membersOf(answer, object)];
  const refusals = members.flatMap(([key]) => refusalOf(key));
  if (refusals.length > 0) throw expandFailed(object, `it has keys that cannot be file names: ${list(refusals)}`);
  return members.map(([key, value]) => ({
    name: key,
    path: key,
    mode: object.mode,
    contents: SecretBytes.from(toText(value)),
    versionInput: `${object.versionInput}${marshalGo(key)}`,
  }));
}

/** `response` expands the keys that `key` could select; `key` expands what its file would hold. */
function membersOf(answer: VaultAnswer, object: PlannedObject): JsonObject {
  if (object.select.kind === 'response') return selectableData(answer);
  const value = parseOrUndefined(selectContents(answer, object).reveal().toString());
  if (isJsonObject(value)) return value;
  throw expandFailed(object, `the value of key ${quoteKey(object.select.key)} is no JSON object`);
}

function parseOrUndefined(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function refusalOf(key: string): readonly string[] {
  const reason = checkFilePath(key);
  return reason === undefined ? [] : [`${quoteKey(key)} ${reason}`];
}

function list(refusals: readonly string[]): string {
  const rest = refusals.length - maxListedKeys;
  return `${refusals.slice(0, maxListedKeys).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function toText(value: JsonValue): string {
  return typeof value === 'string' ? value : marshalGo(value);
}

function expandFailed(object: PlannedObject, reason: string): SecretError {
  const remedy = 'select the keys one by one instead of `expand`';
  return new SecretError('EXPAND_FAILED', `${describeObject(object)} cannot be expanded: ${reason}; ${remedy}`);
}
