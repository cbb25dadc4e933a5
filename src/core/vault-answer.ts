/**
 * An answer of Vault as the official provider understands and writes it.
 * Parity: the struct, the order of its members and the rule for raw bodies are those of the Go client's api.Secret.
 */
import { createHash } from 'node:crypto';

import { isJsonObject, type JsonObject, type JsonValue, parseJson } from './go-json.ts';
import { decodeStruct, encodeStruct, goField, type GoFields, goPointer, isZeroStruct } from './go-struct.ts';
import { goBool, goInt, goList, goMap, goObject, goSecret, goString, goTime, reject } from './go-type.ts';
import type { Parsed, Problem } from './problem.ts';
import type { SecretBytes } from './secret-bytes.ts';

/** Holds secrets in `data`: never log it. */
export interface VaultAnswer {
  readonly requestId: string;
  /** Empty: no lease, whatever `leaseDurationS` says (KV version 1 answers a duration without a lease). */
  readonly leaseId: string;
  /** Seconds. */
  readonly leaseDurationS: number;
  readonly renewable: boolean;
  /** Null: the answer is empty, and a read of it must fail with VAULT_ANSWER_EMPTY. */
  readonly data: JsonObject | null;
  readonly warnings: readonly string[] | null;
  readonly auth: VaultAnswerAuth | null;
  readonly wrapInfo: VaultAnswerWrapInfo | null;
  readonly mountType: string;
  /** Vault's own words when it refused; such a body has nothing else. */
  readonly errors: readonly string[] | null;
}

/** What a login answers. */
export interface VaultAnswerAuth {
  readonly clientToken: SecretBytes;
  readonly accessor: string;
  readonly policies: readonly string[] | null;
  readonly tokenPolicies: readonly string[] | null;
  readonly identityPolicies: readonly string[] | null;
  readonly metadata: ReadonlyMap<string, string> | null;
  readonly orphan: boolean;
  readonly entityId: string;
  /** Seconds; 0: the token does not end. */
  readonly leaseDurationS: number;
  readonly renewable: boolean;
  readonly mfaRequirement: MfaRequirement | null;
  /** How many requests the token is good for; 0: any number. */
  readonly numUses: number;
}

export interface VaultAnswerWrapInfo {
  readonly token: SecretBytes;
  readonly accessor: string;
  readonly ttlS: number;
  readonly creationTime: string;
  readonly creationPath: string;
  readonly wrappedAccessor: string;
}

export interface MfaRequirement {
  readonly requestId: string;
  readonly constraints: ReadonlyMap<string, MfaConstraint | null> | null;
}

export interface MfaConstraint {
  readonly any: readonly (MfaMethod | null)[] | null;
}

export interface MfaMethod {
  readonly type: string;
  readonly id: string;
  readonly usesPasscode: boolean;
  readonly name: string;
}

/**
 * Reads the body of an answer of any status; the empty text is an empty answer. A body with none of the known members
 * (a raw endpoint: OIDC keys, a certificate as JSON) becomes `data` as a whole. Text after the first value is ignored.
 */
export function parseVaultAnswer(text: string): Parsed<VaultAnswer> {
  const problems: Problem[] = [];
  const answer = decodeAnswer(text, problems);
  if (problems.length === 0) return { ok: true, value: answer };
  return { ok: false, problems: problems.map((problem) => ({ ...problem, code: 'VAULT_ANSWER_INVALID' })) };
}

/** The JSON that the official provider writes for a whole answer. */
export function marshalVaultAnswer(answer: VaultAnswer): string {
  return encodeStruct(answerFields, answer);
}

/** Equal for two answers that differ in nothing but request_id. A digest of secrets: for comparing only, never shown. */
export function answerFingerprint(answer: VaultAnswer): string {
  const stable = marshalVaultAnswer({ ...answer, requestId: '' });
  return createHash('sha256').update(stable).digest('base64url');
}

const methodFields: GoFields<MfaMethod> = {
  type: goField('type', goString, 'empty'),
  id: goField('id', goString, 'empty'),
  usesPasscode: goField('uses_passcode', goBool, 'empty'),
  name: goField('name', goString, 'empty'),
};

const constraintFields: GoFields<MfaConstraint> = {
  any: goField('any', goList(goPointer(methodFields)), 'empty'),
};

const mfaFields: GoFields<MfaRequirement> = {
  requestId: goField('mfa_request_id', goString, 'empty'),
  constraints: goField('mfa_constraints', goMap(goPointer(constraintFields)), 'empty'),
};

const authFields: GoFields<VaultAnswerAuth> = {
  clientToken: goField('client_token', goSecret),
  accessor: goField('accessor', goString),
  policies: goField('policies', goList(goString)),
  tokenPolicies: goField('token_policies', goList(goString)),
  identityPolicies: goField('identity_policies', goList(goString)),
  metadata: goField('metadata', goMap(goString)),
  orphan: goField('orphan', goBool),
  entityId: goField('entity_id', goString),
  leaseDurationS: goField('lease_duration', goInt),
  renewable: goField('renewable', goBool),
  mfaRequirement: goField('mfa_requirement', goPointer(mfaFields)),
  numUses: goField('num_uses', goInt, 'always'),
};

const wrapInfoFields: GoFields<VaultAnswerWrapInfo> = {
  token: goField('token', goSecret),
  accessor: goField('accessor', goString),
  ttlS: goField('ttl', goInt),
  creationTime: goField('creation_time', goTime),
  creationPath: goField('creation_path', goString),
  wrappedAccessor: goField('wrapped_accessor', goString),
};

const answerFields: GoFields<VaultAnswer> = {
  requestId: goField('request_id', goString),
  leaseId: goField('lease_id', goString),
  leaseDurationS: goField('lease_duration', goInt),
  renewable: goField('renewable', goBool),
  data: goField('data', goObject),
  warnings: goField('warnings', goList(goString)),
  auth: goField('auth', goPointer(authFields), 'empty'),
  wrapInfo: goField('wrap_info', goPointer(wrapInfoFields), 'empty'),
  mountType: goField('mount_type', goString, 'empty'),
  errors: goField('errors', goList(goString), 'always'),
};

function decodeAnswer(text: string, problems: Problem[]): VaultAnswer {
  const body = parseBody(text, problems);
  const answer = decodeStruct(answerFields, body, { path: '', problems });
  if (!isZeroStruct(answerFields, answer)) return answer;
  // Parity: a body that holds errors holds no data.
  const isRaw = body.size > 0 && !body.has('errors');
  return isRaw ? { ...answer, data: body } : answer;
}

/** The members of the body; none when there is nothing or nothing usable. */
function parseBody(text: string, problems: Problem[]): JsonObject {
  const none: JsonObject = new Map();
  if (text === '') return none;
  let json: JsonValue;
  try {
    json = parseJson(text, { allowTrailing: true });
  } catch (error) {
    problems.push({ path: 'answer', message: error instanceof SyntaxError ? error.message : 'cannot be read' });
    return none;
  }
  if (json === null || isJsonObject(json)) return json ?? none;
  return reject(json, { path: 'answer', problems }, 'an object', none);
}
