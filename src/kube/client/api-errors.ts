/** The single place where answers of the API server and failures of HTTP and TLS become SecretErrors. */
import { type ErrorCode, SecretError, toSecretError } from '../../core/errors.ts';
import { isTimeout } from '../../platform/deadline.ts';
import { isTlsCode } from '../../platform/tls-code.ts';
import { type ApiCall, describeCall, describeResource } from './api-call.ts';
import { type ApiStatus, parseApiStatus } from './api-status.ts';
import { withoutValues } from './without-values.ts';

/** An answer of any status. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** An answer that is no success, as an error: the call, the server's own reason, the remedy. */
export function toAnswerError({ status, body }: ApiAnswer, call: ApiCall): SecretError {
  const said = parseApiStatus(body);
  const code = toCode(status, said, call);
  const reason = toReason(said?.message ?? '', call) || `the API server answered ${status}`;
  if (code === 'KUBE_FORBIDDEN')
    return new SecretError(code, `lockstep may not ${toPermission(said, call)} (${reason}); grant it`);
  return new SecretError(code, `${describeCall(call)}: ${reason}; ${toRemedy(code, said, call)}`);
}

/** Whether an answer says that the object is not there, rather than its kind, its namespace or the path. */
export function isObjectMissing({ status, body }: ApiAnswer, call: ApiCall): boolean {
  return status === 404 && isAbout(parseApiStatus(body), call);
}

/** A call that got no answer. The text of the error is never shown. */
export function toCallError(error: unknown, call: ApiCall): SecretError {
  if (error instanceof SecretError) return error;
  const what = describeCall(call);
  const options = { cause: error };
  if (isTimeout(error)) {
    return new SecretError(
      'KUBE_TIMEOUT',
      `${what}: no answer in time; check that the API server is not overloaded`,
      options,
    );
  }
  const code = codeOf(error);
  if (code === undefined) return toSecretError(error);
  if (isTlsCode(code)) {
    const remedy = "check the cluster's certificate authority, its server name and lockstep's client certificate";
    return new SecretError('KUBE_UNREACHABLE', `${what}: TLS failed, certificate problem ${code}; ${remedy}`, options);
  }
  if (code === 'ERR_INVALID_CHAR') {
    return new SecretError(
      'KUBE_UNAUTHENTICATED',
      `${what}: the token has characters that HTTP does not allow; make it anew`,
    );
  }
  if (code.startsWith('HPE_')) return invalidAnswerError(call, `it is not HTTP (${code})`);
  const remedy = 'check its address, that it runs, and that nothing blocks the way';
  return new SecretError('KUBE_UNREACHABLE', `${what}: no connection to the API server (${code}); ${remedy}`, options);
}

/** KUBE_ANSWER_INVALID. `problem` quotes nothing of the answer. */
export function invalidAnswerError(call: ApiCall, problem: string): SecretError {
  const remedy = 'check that the address is the API server and not something before it';
  return new SecretError(
    'KUBE_ANSWER_INVALID',
    `${describeCall(call)}: the answer cannot be used: ${problem}; ${remedy}`,
  );
}

/** The server's words for a message or an event: one line, clipped, without the data of the Secret that was sent. */
export function toReason(words: string, { resource, body }: Pick<ApiCall, 'resource' | 'body'>): string {
  const isSecret = resource.group === '' && resource.plural === 'secrets';
  const bounded = words.slice(0, maxScanned);
  const safe = isSecret && body !== undefined ? withoutValues(bounded, body) : bounded;
  // oxlint-disable-next-line no-control-regex -- these must not reach a log or an event
  const line = safe.replaceAll(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim();
  return line.length <= maxReasonLength ? line : `${line.slice(0, maxReasonLength)}…`;
}

const maxScanned = 4000;
const maxReasonLength = 500;

function toCode(status: number, said: ApiStatus | undefined, call: ApiCall): ErrorCode {
  if (status === 403) return toForbiddenCode(said);
  if (status === 422 && isOtherUid(said, call)) return 'KUBE_CONFLICT';
  if (status >= 500) return isUnfit(said) ? 'KUBE_REFUSED' : 'KUBE_UNAVAILABLE';
  if (status >= 400) return codes.get(status) ?? 'KUBE_REFUSED';
  return 'KUBE_ANSWER_INVALID';
}

const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [401, 'KUBE_UNAUTHENTICATED'],
  [404, 'KUBE_NOT_FOUND'],
  [409, 'KUBE_CONFLICT'],
  [410, 'KUBE_GONE'],
  [429, 'KUBE_UNAVAILABLE'],
]);

/** The API server answers 403 for much that is no lack of permission. What authorizes says whose and which verb. */
function toForbiddenCode(said: ApiStatus | undefined): ErrorCode {
  if (said === undefined || missingVerb(said) !== undefined) return 'KUBE_FORBIDDEN';
  if (said.causes.some(({ reason }) => reason === 'NamespaceTerminating')) return 'NAMESPACE_TERMINATING';
  if (said.message.includes('because it is being terminated')) return 'NAMESPACE_TERMINATING';
  if (said.message.includes('exceeded quota')) return 'QUOTA_EXCEEDED';
  return /denied (the )?request|admission/i.test(said.message) ? 'KUBE_REFUSED' : 'KUBE_FORBIDDEN';
}

/** `User "…" cannot patch resource "secrets" in …`: an apply may lack `patch` or, for what is new, `create`. */
function missingVerb({ message }: ApiStatus): string | undefined {
  return /^[^:]* is forbidden: User "[^"]*" cannot ([a-z]+) resource /.exec(message)?.[1];
}

/** What was applied has the uid of an object that is no more, or is another now: to the API server, a field that changed. */
function isOtherUid(said: ApiStatus | undefined, { body }: ApiCall): boolean {
  const sent = body && 'metadata' in body ? body.metadata : undefined;
  const hasUid = typeof sent === 'object' && sent !== null && 'uid' in sent;
  return hasUid && said?.causes.some(({ field }) => field === 'metadata.uid') === true;
}

/** What is applied and does not fit the schema is a 500 without a reason: another try meets the same. */
function isUnfit(said: ApiStatus | undefined): boolean {
  return said?.reason === '' && /^failed to (create typed|convert new object)/.test(said.message);
}

function isAbout(said: ApiStatus | undefined, { resource, name }: ApiCall): boolean {
  if (said?.reason !== 'NotFound' || name === undefined || said.name !== name) return false;
  return said.kind === resource.plural || said.kind === resource.kind;
}

function toPermission(said: ApiStatus | undefined, call: ApiCall): string {
  const { verb, namespace, resource } = call;
  const missing = (said && missingVerb(said)) ?? (verb === 'apply' ? 'patch' : verb);
  const isOfCluster = namespace === undefined && call.name !== undefined;
  const scope = namespace === undefined ? ' in all namespaces' : ` in namespace ${namespace}`;
  const group = resource.group === '' ? '' : `.${resource.group}`;
  const part = call.subresource === undefined ? '' : `/${call.subresource}`;
  return `${missing} ${resource.plural}${group}${part}${isOfCluster ? '' : scope}`;
}

function toRemedy(code: ErrorCode, said: ApiStatus | undefined, call: ApiCall): string {
  if (code === 'KUBE_NOT_FOUND') return toNotFoundRemedy(said, call);
  return remedies.get(code) ?? 'correct what the reason names';
}

const remedies: ReadonlyMap<ErrorCode, string> = new Map([
  ['KUBE_UNAUTHENTICATED', "check lockstep's own credentials: the kubeconfig or the mounted token"],
  ['KUBE_CONFLICT', 'it is read and tried again'],
  ['KUBE_GONE', 'everything is listed again'],
  ['KUBE_UNAVAILABLE', 'look at the API server; it is tried again'],
  ['KUBE_ANSWER_INVALID', 'check that the address is the API server and not something before it'],
  ['QUOTA_EXCEEDED', 'raise the quota or remove something'],
  ['NAMESPACE_TERMINATING', 'nothing new can be made there'],
]);

function toNotFoundRemedy(said: ApiStatus | undefined, call: ApiCall): string {
  if (isAbout(said, call)) return 'create it';
  if (said?.kind === 'namespaces') return 'create the namespace';
  const { group, plural } = call.resource;
  if (group === 'lockstep.dev') return `the API server does not know ${plural}: install the CRDs of deploy/crds`;
  const isDrivers = group === 'secrets-store.csi.x-k8s.io';
  const remedy = isDrivers ? 'install the CRDs of the Secrets Store CSI driver' : 'check its version';
  return `the API server does not know ${describeResource(call)}: ${remedy}`;
}

/** Error codes are constants of Node and safe to show, unlike messages. Undefined: not an error of Node. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}
