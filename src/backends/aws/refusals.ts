import type { ErrorCode } from '../../core/errors.ts';
import { type AwsCall, isLogin } from './call.ts';

/** What AWS said no with. */
export interface Refusal {
  /** The name of its error, as in `AccessDeniedException`. */
  readonly name: string;
  readonly message: string;
  /** Of the HTTP answer; undefined inside the answer to a batch. */
  readonly status?: number | undefined;
}

/** JSON services say `…Exception` or `…Error` where STS says neither. */
export function toReason(name: string): string {
  return name.replace(/(?:Exception|Error)$/, '');
}

export function refusalCode({ name, status = 400 }: Refusal, call: AwsCall): ErrorCode {
  const reason = toReason(name);
  if (status === 429 || throttles.has(reason)) return 'AWS_THROTTLED';
  if (status >= 500 || outages.has(reason)) return 'AWS_UNAVAILABLE';
  if (isLogin(call)) return 'AWS_CREDENTIALS_REFUSED';
  return codes.get(reason) ?? (status === 403 ? 'AWS_DENIED' : 'AWS_REQUEST_REFUSED');
}

/**
 * Whether no other region can do better. Parity: errors that the official provider's client knows from the API's model,
 * and that are the client's fault, end its mount; any other error makes it look into the failover region.
 */
export function isFinalRefusal(reason: string, call: AwsCall): boolean {
  // The other region would ask the same agent.
  if (call.operation === 'pod_identity') return true;
  return (isLogin(call) ? finalAtLogin : finalAtRead).has(reason);
}

/** AWS does not take credentials that it once issued. */
export function isStaleReason(reason: string): boolean {
  return staleCredentials.has(reason);
}

/** The clock of the node is wrong: the SDK has learnt the difference from the answer, and signs better next time. */
export function isSkewReason(reason: string): boolean {
  return skews.has(reason);
}

const throttles = new Set([
  'Throttling',
  'Throttled',
  'RequestThrottled',
  'RequestLimitExceeded',
  'TooManyRequests',
  'SlowDown',
]);
const outages = new Set([
  'InternalService',
  'InternalServer',
  'InternalFailure',
  'ServiceUnavailable',
  'RequestTimeout',
  // STS could not reach the issuer of the token.
  'IDPCommunication',
]);
const staleCredentials = new Set(['ExpiredToken', 'UnrecognizedClient', 'InvalidClientTokenId']);
const skews = new Set(['InvalidSignature', 'RequestTimeTooSkewed', 'RequestExpired']);
const decryptions = [
  'DecryptionFailure',
  'InvalidKeyId',
  'KMSAccessDenied',
  'KMSDisabled',
  'KMSInvalidState',
  'KMSNotFound',
  'KMSOptInRequired',
];
const credentials = ['SignatureDoesNotMatch', 'IncompleteSignature', 'MissingAuthenticationToken', 'OptInRequired'];

const codes: ReadonlyMap<string, ErrorCode> = new Map([
  ...['AccessDenied', 'UnauthorizedOperation'].map((reason) => [reason, 'AWS_DENIED'] as const),
  ...['ResourceNotFound', 'ParameterNotFound'].map((reason) => [reason, 'AWS_NOT_FOUND'] as const),
  ...decryptions.map((reason) => [reason, 'AWS_DECRYPT_REFUSED'] as const),
  ...[...credentials, ...staleCredentials, ...skews].map((reason) => [reason, 'AWS_CREDENTIALS_REFUSED'] as const),
]);

const finalAtRead = new Set([
  'ResourceNotFound',
  'ParameterNotFound',
  'InvalidParameter',
  'InvalidRequest',
  'DecryptionFailure',
  'InvalidKeyId',
]);
const finalAtLogin = new Set([
  'InvalidIdentityToken',
  'ExpiredToken',
  'IDPRejectedClaim',
  'IDPCommunication',
  'RegionDisabled',
  'PackedPolicyTooLarge',
  'MalformedPolicyDocument',
]);
