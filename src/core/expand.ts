import { SecretError } from './errors.ts';
import { checkFilePath } from './file-path.ts';
import { isJsonObject, type JsonObject, type JsonValue, marshalGo, parseJson } from './go-json.ts';
import type { Payload } from './payload.ts';
import type { PlannedObject, VersionRule } from './plan.ts';
import { SecretBytes } from './secret-bytes.ts';
import { describeObject, quoteKey, selectableData, selectContents } from './select.ts';

/** One file that an object becomes. */
export interface SelectedFile {
  readonly name: string;
  readonly path: string;
  readonly mode: number;
  readonly contents: SecretBytes;
  readonly version: VersionRule;
}

/** Refused keys that a message names. */
const maxListedKeys = 10;

/**
 * The files of an object: one, or with `expand` one per key of the JSON object it selects, in its order.
 * A file of an expanded object is named after its key, lies at the root of the volume under that name, and a version that
 * is a hash covers the parent's configuration, the key and the content.
 * Throws SecretError KEY_MISSING, DECODE_FAILED, SELECT_FAILED, EXPAND_FAILED or VAULT_ANSWER_INVALID.
 */
export function selectFiles(payload: Payload, object: PlannedObject): readonly SelectedFile[] {
  if (object.expand) return expand(payload, object);
  const { name, path, mode, version } = object;
  return [{ name, path, mode, version, contents: selectContents(payload, object) }];
}

function expand(payload: Payload, object: PlannedObject): readonly SelectedFile[] {
  const members = [...membersOf(payload, object)];
  const refusals = members.flatMap(([key]) => refusalOf(key));
  if (refusals.length > 0) throw expandFailed(object, `it has keys that cannot be file names: ${list(refusals)}`);
  return members.map(([key, value]) => ({
    name: key,
    path: key,
    mode: object.mode,
    contents: SecretBytes.from(toText(value)),
    version: toMemberVersion(object.version, key),
  }));
}

function toMemberVersion(version: VersionRule, key: string): VersionRule {
  return version.kind === 'store' ? version : { kind: 'hmac', input: `${version.input}${marshalGo(key)}` };
}

/** `response` expands the keys that `key` could select; any other what its file would hold. */
function membersOf(payload: Payload, object: PlannedObject): JsonObject {
  const { select } = object;
  if (select.kind === 'response') return selectableData(payload.vaultAnswer());
  const value =
    select.kind === 'raw' ? payload.json() : parseOrUndefined(selectContents(payload, object).reveal().toString());
  if (isJsonObject(value)) return value;
  const which = select.kind === 'key' ? ` of key ${quoteKey(select.key)}` : '';
  throw expandFailed(object, `the value${which} is no JSON object`);
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
