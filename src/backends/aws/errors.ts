/** The single place where failures of HTTP, TLS and AWS become SecretErrors. */
import { type ErrorCode, SecretError, toSecretError } from '../../core/errors.ts';
import { isTimeout } from '../../platform/deadline.ts';
import { isTlsCode } from '../../platform/tls-code.ts';
import { type AwsCall, describeCall } from './call.ts';
import { isFinalRefusal, isSkewReason, isStaleReason, type Refusal, refusalCode, toReason } from './refusals.ts';
import { remedyFor } from './remedies.ts';

/** What AWS, or the way there, failed with. */
export class AwsError extends SecretError {
  /** AWS's own name for it, without `Exception` or `Error`; empty when nothing of AWS answered. */
  readonly reason: string;
  /** No other region can do better. */
  readonly isFinal: boolean;

  constructor(code: ErrorCode, message: string, { reason = '', isFinal = false, cause }: AwsErrorDetails = {}) {
    super(code, message, { cause });
    this.reason = reason;
    this.isFinal = isFinal;
  }
}

export interface AwsErrorDetails {
  readonly reason?: string;
  readonly isFinal?: boolean;
  readonly cause?: unknown;
}

/**
 * A call that failed. `caller` is the signal of whoever waits: its reason is passed on when it is a SecretError and
 * otherwise told apart into AWS_TIMEOUT (time ran out) and MOUNT_CANCELLED.
 */
export function toAwsError(error: unknown, call: AwsCall, caller: AbortSignal): SecretError {
  if (caller.aborted) return toAbortError(caller.reason, call);
  if (error instanceof SecretError) return error;
  if (isTimeout(error)) return timeoutError(call);
  const refusal = toRefusal(error);
  if (refusal) return refusalError(refusal, call, error);
  const code = networkCode(error);
  return code === undefined ? toForeignError(error, call) : toNetworkError(code, call, error);
}

/** A refusal in AWS's own words, what it means, and what to do. */
export function refusalError(refusal: Refusal, call: AwsCall, cause?: unknown): AwsError {
  const reason = toReason(refusal.name);
  const code = refusalCode(refusal, call);
  const name = refusal.name || (refusal.status === undefined ? '' : `status ${refusal.status}`);
  const words = [name, toSafeText(refusal.message)].filter(Boolean).join(': ');
  const message = `${describeCall(call)}: ${words}. ${remedyFor(code, call)}`;
  return new AwsError(code, message, { reason, isFinal: isFinalRefusal(reason, call), cause: toTrace(cause, refusal) });
}

/** An answer that is not AWS's, or lacks what was asked for. It may hold a secret: nothing of it is shown or logged. */
export function invalidAnswerError(call: AwsCall, problem: string): AwsError {
  return new AwsError(
    'AWS_ANSWER_INVALID',
    `${describeCall(call)}: ${problem}. ${remedyFor('AWS_ANSWER_INVALID', call)}`,
  );
}

/** Whether the failover region is asked after this. */
export function fallsOver(error: SecretError): boolean {
  return error instanceof AwsError && !error.isFinal;
}

/** Whether the same request may succeed in a moment. */
export function isPassing(error: SecretError): boolean {
  return error instanceof AwsError && (error.isOutage || isSkewReason(error.reason));
}

/** Whether AWS no longer takes the credentials. */
export function isStale(error: unknown): boolean {
  return error instanceof AwsError && isStaleReason(error.reason);
}

function toAbortError(reason: unknown, call: AwsCall): SecretError {
  if (reason instanceof SecretError) return reason;
  if (isTimeout(reason)) return timeoutError(call);
  return new SecretError('MOUNT_CANCELLED', `${describeCall(call)}: the caller went away before AWS answered`);
}

function timeoutError(call: AwsCall): AwsError {
  return new AwsError('AWS_TIMEOUT', `${describeCall(call)}: no answer in time. ${remedyFor('AWS_TIMEOUT', call)}`);
}

/** The exceptions of the SDK carry `$metadata`; what it throws by itself has no HTTP status there, or no name of AWS. */
function toRefusal(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !('$fault' in error)) return undefined;
  return { name: error.name, message: error.message, status: metadataOf(error).httpStatusCode };
}

interface Metadata {
  readonly httpStatusCode?: number | undefined;
  readonly requestId?: string | undefined;
}

function metadataOf(error: unknown): Metadata {
  const metadata: unknown = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  // Of the SDK's type ResponseMetadata, which its exceptions declare.
  return typeof metadata === 'object' && metadata !== null ? (metadata as Metadata) : {};
}

/** For the log: enough to find the request in CloudTrail. AWS may quote what it was sent, so its words stay out. */
function toTrace(error: unknown, { name, status }: Refusal): unknown {
  const { requestId } = metadataOf(error);
  return { name, ...(status !== undefined && { status }), ...(requestId !== undefined && { requestId }) };
}

/** Error codes are constants of Node and safe to show, unlike messages. Undefined: not an error of the network. */
function networkCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code === undefined || foreignCodes.test(code) ? networkCode(error.cause) : code;
}

/** Node's own mistakes, such as an argument of the wrong type, have codes too. */
const foreignCodes = /^ERR_(?!TLS_|SSL_|OSSL_|PROXY_|SOCKET_|INVALID_CHAR$)/;

function toNetworkError(code: string, call: AwsCall, cause: unknown): AwsError {
  const what = describeCall(call);
  if (code === 'ERR_INVALID_CHAR') {
    const message = `${what}: the token cannot be sent, it holds characters that HTTP does not allow`;
    return new AwsError('AWS_CREDENTIALS_REFUSED', message, { isFinal: true });
  }
  if (code.startsWith('HPE_')) return invalidAnswerError(call, `the answer is not HTTP (${code})`);
  if (isTlsCode(code)) {
    return new AwsError('AWS_TLS', `${what}: TLS failed (${code}). ${remedyFor('AWS_TLS', call)}`, { cause });
  }
  return new AwsError('AWS_UNREACHABLE', `${what}: no connection (${code}). ${remedyFor('AWS_UNREACHABLE', call)}`, {
    isFinal: call.operation === 'pod_identity',
    cause,
  });
}

/** The SDK could not read an answer, such as the page of a proxy: its error quotes the text, so it goes no further. */
function toForeignError(error: unknown, call: AwsCall): SecretError {
  const response: unknown = error instanceof Error && '$response' in error ? error.$response : undefined;
  if (typeof response !== 'object' || response === null) {
    return error instanceof SyntaxError ? invalidAnswerError(call, unreadable) : toSecretError(error);
  }
  const status = 'statusCode' in response && typeof response.statusCode === 'number' ? response.statusCode : 0;
  return status >= 400
    ? refusalError({ name: '', message: unreadable, status }, call)
    : invalidAnswerError(call, unreadable);
}

const unreadable = 'the answer cannot be read';

/** AWS's own words, bounded and on one line. Tokens and keys are cut out: a validation error quotes what it was sent. */
function toSafeText(words: string): string {
  return (
    words
      .replaceAll(/eyJ[\w-]{8,}(\.[\w-]*)*|[\w+/=-]{100,}/g, '[redacted]')
      // oxlint-disable-next-line no-control-regex -- these must not reach a log or an event
      .replaceAll(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ')
      .slice(0, 400)
      .replace(/[\s.]+$/, '')
  );
}
