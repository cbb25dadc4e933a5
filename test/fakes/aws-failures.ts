import { refuseJson } from './aws-replies.ts';
import type { WireReply } from './wire-server.ts';

export const down = refuseJson('InternalServiceError', 'An error occurred on the server side.', 500);

/** Parity: what makes the official provider look into the failover region, and what ends its mount. */
export const passing: readonly (readonly [string, WireReply])[] = [
  ['a server error', down],
  ['throttling', refuseJson('ThrottlingException')],
  ['a denial', refuseJson('AccessDeniedException')],
  ['expired credentials', refuseJson('ExpiredTokenException')],
  ['unknown credentials', refuseJson('UnrecognizedClientException')],
  ['an error that no model knows', refuseJson('SomethingNewException')],
  ['a validation error', refuseJson('ValidationException')],
  ['a cut connection', 'reset'],
  ['an answer that is not JSON', { status: 200, body: 'this is not json' }],
];
export const final: readonly (readonly [string, string])[] = [
  ['ResourceNotFoundException', 'AWS_NOT_FOUND'],
  ['InvalidParameterException', 'AWS_REQUEST_REFUSED'],
  ['InvalidRequestException', 'AWS_REQUEST_REFUSED'],
  ['DecryptionFailure', 'AWS_DECRYPT_REFUSED'],
];
