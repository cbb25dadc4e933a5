/** The single place where failures of HTTP, TLS and Vault become SecretErrors. */
import { type ErrorCode, SecretError, toSecretError } from '../../core/errors.ts';
import { parseVaultAnswer, type VaultAnswer } from '../../core/vault-answer.ts';
import { isTimeout } from '../../platform/deadline.ts';
import { isTlsCode } from '../../platform/tls-code.ts';
import { describeCall, quote, type VaultCall, type WireAnswer } from './call.ts';
import { maxAnswerBytes } from './limits.ts';

/**
 * A call that got no answer. `caller` is the signal of whoever waits: its reason is passed on when it is a SecretError
 * and otherwise told apart into VAULT_TIMEOUT (time ran out) and MOUNT_CANCELLED. The text of `error` is never shown.
 */
export function toCallError(error: unknown, call: VaultCall, caller: AbortSignal): SecretError {
  if (caller.aborted) return toAbortError(caller.reason, call);
  if (error instanceof SecretError) return error;
  if (isTimeout(error)) return timeoutError(call, error);
  const code = codeOf(error);
  if (code === undefined) return toSecretError(error);
  const what = describeCall(call);
  const cause = { cause: error };
  if (isTlsCode(code)) {
    const remedy = 'check the server certificate, vaultCACertPath, vaultTLSServerName and the client certificate';
    return new SecretError('VAULT_TLS', `${what}: TLS failed, certificate problem ${code}; ${remedy}`, cause);
  }
  if (unsendableCodes.has(code)) return unsendableError(call, error);
  if (code.startsWith('HPE_')) {
    const remedy = 'check that the address is a Vault server and its scheme (http or https) fits';
    return new SecretError('VAULT_ANSWER_INVALID', `${what}: the answer is not HTTP (${code}); ${remedy}`, cause);
  }
  const remedy = 'check the address, that Vault runs, and that nothing blocks the way';
  return new SecretError('VAULT_UNREACHABLE', `${what}: no connection (${code}); ${remedy}`, cause);
}

/** What HTTP cannot carry. */
export function unsendableError(call: VaultCall, cause?: unknown): SecretError {
  const remedy = 'check the method and the namespace for characters that HTTP does not allow';
  const message = `${describeCall(call)}: the request cannot be sent; ${remedy}`;
  return new SecretError('VAULT_REQUEST_REFUSED', message, { cause });
}

export function oversizeError(call: VaultCall): SecretError {
  const message = `${describeCall(call)}: the answer is larger than ${maxAnswerBytes} bytes`;
  return new SecretError('VAULT_ANSWER_INVALID', message);
}

/** The code of a refusal with this status. */
export function refusalCode(status: number, operation: VaultCall['operation']): ErrorCode {
  if (status === 412 || status === 429 || (status >= 500 && status !== 501)) return 'VAULT_UNAVAILABLE';
  if (operation === 'login') return 'VAULT_LOGIN_REFUSED';
  if (status === 403) return 'VAULT_DENIED';
  return status === 404 ? 'VAULT_NOT_FOUND' : 'VAULT_REQUEST_REFUSED';
}

/** Any status but success as an error. `remedy` says what helps when Vault refused, unless it is only out of order. */
export function toRefusal(answer: WireAnswer, call: VaultCall, remedy?: string): SecretError {
  const code = refusalCode(answer.status, call.operation);
  const advice = (code === 'VAULT_UNAVAILABLE' ? undefined : remedy) ?? remedyFor(code, call);
  return new SecretError(code, `${describeRefusal(answer, call)}. ${advice}`);
}

/** Throws VAULT_ANSWER_INVALID; the problems name positions, never the text. */
export function readAnswer(answer: WireAnswer, call: VaultCall): VaultAnswer {
  const parsed = parseVaultAnswer(answer.body.toString('utf8'));
  if (parsed.ok) return parsed.value;
  const reasons = parsed.problems.slice(0, 3).map(({ path, message }) => [path, message].filter(Boolean).join(': '));
  throw new SecretError('VAULT_ANSWER_INVALID', `${describeCall(call)}: not an answer of Vault: ${reasons.join('; ')}`);
}

/** A success without data. Vault's warnings say why, where it knows. */
export function emptyAnswerError(answer: VaultAnswer, call: VaultCall): SecretError {
  const said = [...(answer.errors ?? []), ...(answer.warnings ?? [])].map(toSafeText).slice(0, maxReasons);
  const kept = said.length === 0 ? '' : ` (${said.join('; ')})`;
  const wrapped = answer.wrapInfo === null ? '' : ', only a wrapping token';
  const remedy = 'check that the path and method read a secret';
  return new SecretError(
    'VAULT_ANSWER_EMPTY',
    `${describeCall(call)}: the answer holds no data${wrapped}${kept}; ${remedy}`,
  );
}

const maxReasons = 5;
const unsendableCodes = new Set(['ERR_INVALID_HTTP_TOKEN', 'ERR_INVALID_CHAR', 'ERR_UNESCAPED_CHARACTERS']);

function toAbortError(reason: unknown, call: VaultCall): SecretError {
  if (reason instanceof SecretError) return reason;
  if (isTimeout(reason)) return timeoutError(call, reason);
  return new SecretError('MOUNT_CANCELLED', `${describeCall(call)}: the caller went away before Vault answered`);
}

function timeoutError(call: VaultCall, cause: unknown): SecretError {
  const message = `${describeCall(call)}: no answer in time; check that Vault is not overloaded or hanging`;
  return new SecretError('VAULT_TIMEOUT', message, { cause });
}

/** Error codes are constants of Node and safe to show, unlike messages. Undefined: not an error of Node. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}

/** `GET … at …: 403 permission denied`. */
function describeRefusal(answer: WireAnswer, call: VaultCall): string {
  const parsed = parseVaultAnswer(answer.body.toString('utf8'));
  // A body that is not Vault's may hold anything, so none of it is shown.
  const reasons = parsed.ok ? (parsed.value.errors ?? []).slice(0, maxReasons).map(toSafeText) : ['(not JSON)'];
  return `${describeCall(call)}: ${[String(answer.status), reasons.join('; ')].join(' ').trim()}`;
}

function remedyFor(code: ErrorCode, call: VaultCall): string {
  const path = quote(call.path.slice('/v1/'.length));
  if (code === 'VAULT_DENIED') return `Allow ${capability(call.method)} on ${path} in a policy of the role`;
  if (code === 'VAULT_NOT_FOUND') {
    return `Check the path ${path} (KV version 2 wants data/ after the mount) and that this version exists`;
  }
  if (code === 'VAULT_UNAVAILABLE') return 'Vault cannot answer now; it is asked again at the next call';
  return 'Check the path, method and arguments of the object';
}

function capability(method: string): string {
  switch (method.toUpperCase()) {
    case 'GET':
      return 'read';
    case 'LIST':
      return 'list';
    case 'DELETE':
      return 'delete';
    default:
      return 'create and update';
  }
}

/**
 * Vault's own words, bounded and on one line. What looks like a token is cut out: an address is pod-written, and a server
 * that is no Vault could send back what it was given.
 */
function toSafeText(reason: string): string {
  return (
    reason
      .slice(0, 300)
      .replaceAll(/eyJ[\w-]{8,}(\.[\w-]*)*|\b(hv[sbr]|[sbr])\.[\w-]{16,}/g, '[redacted]')
      // oxlint-disable-next-line no-control-regex -- these must not reach a log or an event
      .replaceAll(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ')
      .trim()
  );
}
