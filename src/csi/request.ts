import type { Caller, PodName } from '../core/caller.ts';
import { type JsonValue, parseJson } from '../core/go-json.ts';
import { decodeAt, goMap, goString, type Place } from '../core/go-type.ts';
import type { Parsed, Problem } from '../core/problem.ts';
import type { SecretBytes } from '../core/secret-bytes.ts';
import type { MountRequest } from '../gen/v1alpha1/service.ts';
import type { ClassInput } from '../spc/dialect.ts';
import { parseSecrets } from './secrets.ts';
import { parseTokens, tokensKey } from './tokens.ts';

/** One volume of one pod, as the driver asks for it. */
export interface VolumeRequest {
  /** What the dialect reads; the tokens and secrets stand in its caller alone. */
  readonly input: ClassInput;
  /** Names the volume; nothing is ever written there. */
  readonly targetPath: string;
}

/**
 * Reads the four texts of a request. All problems at once, with code REQUEST_INVALID: the driver, not the author of the
 * manifest, writes them. Attributes of a pod override parameters of the class before they arrive here.
 */
export function parseRequest(request: MountRequest): Parsed<VolumeRequest> {
  const problems: Problem[] = [];
  const attributes = parseAttributes(request.attributes, problems);
  const { tokensText, secrets } = parseSecrets(request.secrets);
  const tokens = parseTokens(attributes.get(tokensKey) || tokensText, problems);
  const defaultMode = parsePermission(request.permission, problems);
  if (request.targetPath === '') problems.push(invalid('target_path', 'is missing'));
  attributes.delete(tokensKey);
  const caller = toCaller({ attributes, tokens, secrets }, problems);
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: { input: { parameters: attributes, caller, defaultMode }, targetPath: request.targetPath },
  };
}

const stringMap = goMap(goString);

/** Parity: a null value is an empty string, the text `null` is an empty object; every other value must be a string. */
function parseAttributes(text: string, problems: Problem[]): Map<string, string> {
  const place: Place = { path: 'attributes', problems: [] };
  const json = parseJsonText(text, place);
  const attributes = new Map(json === undefined ? [] : decodeAt(stringMap, json, place, ''));
  problems.push(...place.problems.map(({ path, message }) => invalid(path, message)));
  return attributes;
}

function parseJsonText(text: string, { path, problems }: Place): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'unreadable';
    problems.push({ path, message: `must be a JSON object of strings: ${reason}` });
    return undefined;
  }
}

/** Parity: a JSON number in decimal without fraction or exponent (`420` is 0644). */
function parsePermission(text: string, problems: Problem[]): number {
  const mode = /^[ \t\r\n]*(0|[1-9]\d{0,4})[ \t\r\n]*$/.exec(text)?.[1];
  if (mode !== undefined && Number(mode) <= 0o7777) return Number(mode);
  problems.push(invalid('permission', 'must be a decimal number from 0 to 4095, such as 420 for 0644'));
  return 0;
}

interface Identity {
  readonly attributes: ReadonlyMap<string, string>;
  readonly tokens: ReadonlyMap<string, SecretBytes>;
  readonly secrets: ReadonlyMap<string, SecretBytes>;
}

/** Without an identity two pods could not be told apart, so none of its four parts may be missing. */
function toCaller({ attributes, tokens, secrets }: Identity, problems: Problem[]): Caller {
  const missing: string[] = [];
  const read = (key: string): string => {
    const value = attributes.get(`csi.storage.k8s.io/${key}`) ?? '';
    if (value === '') missing.push(key);
    return value;
  };
  const namespace = read('pod.namespace');
  const serviceAccount = read('serviceAccount.name');
  const pod: PodName = { name: read('pod.name'), uid: read('pod.uid') };
  if (missing.length > 0) {
    const keys = missing.map((key) => `csi.storage.k8s.io/${key}`).join(', ');
    const remedy = 'the CSIDriver object must say podInfoOnMount: true';
    problems.push(invalid('attributes', `lack the identity of the pod (${keys}): ${remedy}`));
  }
  return { kind: 'pod', namespace, serviceAccount, pod, tokens, secrets };
}

function invalid(path: string, message: string): Problem {
  return { path, message, code: 'REQUEST_INVALID' };
}
