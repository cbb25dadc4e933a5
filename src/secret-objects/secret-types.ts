import { isJsonObject, JsonNumber, type JsonValue, parseJson } from '../core/go-json.ts';
import type { SecretBytes } from '../core/secret-bytes.ts';

export const tlsType = 'kubernetes.io/tls';

/** Why Secrets of a type are not made: the end of a sentence that starts with the type. Undefined: they are. */
export function refuseType(type: string): string | undefined {
  return refusedTypes.get(type);
}

/** Keys of which a Secret of that type needs all. */
export function requiredKeys(type: string): readonly string[] {
  return rules.get(type)?.all ?? [];
}

/** Keys of which a Secret of that type needs one. */
export function alternativeKeys(type: string): readonly string[] {
  return rules.get(type)?.any ?? [];
}

/** Why the API server, or who reads such a Secret, refuses the value of a key: the end of a sentence. Undefined: it is fine. */
export function checkValue(type: string, key: string, value: SecretBytes): string | undefined {
  const rule = rules.get(type);
  return rule?.all?.includes(key) === true ? rule.check?.(value) : undefined;
}

interface TypeRule {
  readonly all?: readonly string[];
  readonly any?: readonly string[];
  /** Of the values of all required keys. */
  readonly check?: (value: SecretBytes) => string | undefined;
}

/** As the API server validates them; any other type is taken as it is. */
const rules: ReadonlyMap<string, TypeRule> = new Map<string, TypeRule>([
  [tlsType, { all: ['tls.crt', 'tls.key'] }],
  ['kubernetes.io/basic-auth', { any: ['username', 'password'] }],
  ['kubernetes.io/ssh-auth', { all: ['ssh-privatekey'], check: checkNotEmpty }],
  ['kubernetes.io/dockercfg', { all: ['.dockercfg'], check: checkJsonObject }],
  ['kubernetes.io/dockerconfigjson', { all: ['.dockerconfigjson'], check: checkJsonObject }],
]);

const refusedTypes: ReadonlyMap<string, string> = new Map([
  [
    'kubernetes.io/service-account-token',
    'would make Kubernetes put a token of a service account into it, which lockstep would have to overwrite',
  ],
  [
    'bootstrap.kubernetes.io/token',
    'lets whoever knows it join nodes to the cluster, which no value of a store should decide',
  ],
]);

function checkNotEmpty({ size }: SecretBytes): string | undefined {
  return size === 0 ? 'it is empty' : undefined;
}

/** The API server takes `null` as well, with which nobody can do anything. */
function checkJsonObject(value: SecretBytes): string | undefined {
  try {
    const json = parseJson(value.reveal().toString());
    return isJsonObject(json) && isFinite(json) ? undefined : 'it is no JSON object';
  } catch {
    // What is wrong with it could quote it.
    return 'it is no JSON object';
  }
}

/** Go refuses numbers beyond its floating point. */
function isFinite(value: JsonValue): boolean {
  if (value instanceof JsonNumber) return Number.isFinite(Number(value.text));
  if (isJsonObject(value)) return [...value.values()].every(isFinite);
  return !Array.isArray(value) || value.every(isFinite);
}
