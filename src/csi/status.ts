import type { OutgoingHttpHeaders } from 'node:http2';

import { status } from '@grpc/grpc-js';

import { clip } from '../core/clip.ts';
import type { MountStatus, SecretError } from '../core/errors.ts';

/** A gRPC status that may leave the server. */
export interface WireStatus {
  readonly code: status;
  readonly details: string;
}

const codes = {
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  FAILED_PRECONDITION: status.FAILED_PRECONDITION,
  INTERNAL: status.INTERNAL,
  UNKNOWN: status.UNKNOWN,
} as const satisfies Record<MountStatus, status>;

/** After one of these on a first mount kubelet may start the pod with an empty volume. */
const forbidden: ReadonlySet<number> = new Set([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.ABORTED,
  status.UNAVAILABLE,
]);

/** The text ends in the event of a pod; what does not fit stands in the log. */
const maxDetailsBytes = 1024;

/** `CODE: message`, so that the event names the entry of docs/errors.md. Well-formed, because grpc-js encodes it as a URI. */
export function toWireStatus(error: SecretError): WireStatus {
  return {
    code: codes[error.status],
    details: clip(`${error.code}: ${error.message}`.toWellFormed(), maxDetailsBytes),
  };
}

/** The headers of an answer that is a status and nothing else. */
export function toTrailersOnly({ code, details }: WireStatus): OutgoingHttpHeaders {
  return {
    ':status': 200,
    'content-type': 'application/grpc+proto',
    'grpc-status': code,
    'grpc-message': encodeURI(details),
  };
}

/** Headers or trailers as grpc-js wants to send them, with a forbidden status replaced by that of `instead`. */
export function toHarmless<T extends OutgoingHttpHeaders>(headers: T, instead: (code: number) => SecretError): T {
  const code = Number(headers['grpc-status']);
  if (!forbidden.has(code)) return headers;
  const { code: replacement, details } = toWireStatus(instead(code));
  return { ...headers, 'grpc-status': replacement, 'grpc-message': encodeURI(details) };
}
