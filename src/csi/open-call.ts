import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';

import { SecretError } from '../core/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { ByteBudget } from './byte-budget.ts';
import { lessMargin } from './grpc-timeout.ts';
import { toHarmless, toTrailersOnly, toWireStatus } from './status.ts';

export interface OpenCallDeps {
  readonly clock: Clock;
  readonly budget: ByteBudget;
  /** Told when the call is answered before a handler had it. */
  readonly onRefused: (error: SecretError) => void;
}

/** Larger requests are refused before they are read. */
export const maxRequestBytes = 4 * 1024 * 1024;
/** What an answer gets to reach a caller that was told that its time is up. */
const flushMs = 500;

/**
 * One HTTP/2 stream from its headers to its end. It owns what grpc-js would decide with a status that must not leave
 * the server: the deadline, cancellation, and the size of what is received. The first answer counts.
 */
export class OpenCall {
  /** Milliseconds since the epoch. */
  readonly arrivedAtMs: number;
  /** When waiting for a store has to end, so that there is time to answer with what there is. */
  readonly answerAtMs: number;
  readonly #stream: ServerHttp2Stream;
  readonly #deps: OpenCallDeps;
  readonly #abort = new AbortController();
  #state: 'receiving' | 'working' | 'answered' = 'receiving';
  #receivedBytes = 0;
  #heldBytes = 0;
  #timer: Disposable;

  /** `stream` is new: nobody has read from it or answered it. */
  constructor(stream: ServerHttp2Stream, timeLimitMs: number, deps: OpenCallDeps) {
    this.#stream = stream;
    this.#deps = deps;
    this.arrivedAtMs = deps.clock.now();
    this.answerAtMs = this.arrivedAtMs + lessMargin(timeLimitMs);
    this.#timer = deps.clock.timer(timeLimitMs, () => this.fail(deadlineError(timeLimitMs)));
    this.#guardAnswers();
    stream.on('error', () => {}); // the close that follows says it all
    stream.on('data', (chunk: Buffer) => this.#receive(chunk.length));
    stream.pause(); // until grpc-js reads
    stream.once('close', () => this.#close());
  }

  /** Aborts with a SecretError when there is nobody left to answer, or no time. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** A handler takes the call over. False: it is answered already, and the handler must not. */
  begin(): boolean {
    if (this.#state !== 'receiving') return false;
    this.#state = 'working';
    return true;
  }

  /** Charges the bytes of a reply until it is sent. Throws MOUNT_BUSY when the budget has not so many left. */
  hold(bytes: number): void {
    if (!this.#deps.budget.take(bytes)) throw memoryError();
    this.#heldBytes += bytes;
  }

  /** Ends the call: a handler at work sees the signal and answers; without one the answer goes out from here. */
  fail(error: SecretError): void {
    if (this.#state === 'receiving') this.#refuse(error);
    this.#abort.abort(error);
    this.#timer[Symbol.dispose]();
    // A caller that does not read has no use for the answer; the reset is not one of those that mean "try no more".
    this.#timer = this.#deps.clock.timer(flushMs, () => this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  }

  #refuse(error: SecretError): void {
    this.#stream.respond(toTrailersOnly(toWireStatus(error)), { endStream: true });
    // Not before the answer is out: a reset takes headers back that wait to be sent.
    setImmediate(() => this.#stream.close(constants.NGHTTP2_NO_ERROR));
    this.#deps.onRefused(error);
  }

  #receive(bytes: number): void {
    this.#receivedBytes += bytes;
    if (this.#state !== 'receiving') return;
    if (this.#receivedBytes > maxRequestBytes) this.fail(tooLargeError());
    else if (this.#deps.budget.take(bytes)) this.#heldBytes += bytes;
    else this.fail(memoryError());
  }

  #close(): void {
    this.#timer[Symbol.dispose]();
    this.#deps.budget.give(this.#heldBytes);
    if (this.#state !== 'answered') {
      this.#abort.abort(new SecretError('MOUNT_CANCELLED', 'the driver gave up before the mount was finished'));
    }
  }

  /** The last door: whatever grpc-js decides by itself leaves with a status that does no harm, and only once. */
  #guardAnswers(): void {
    const stream = this.#stream;
    const respond = stream.respond.bind(stream);
    const sendTrailers = stream.sendTrailers.bind(stream);
    stream.respond = (headers, options) => {
      // To a caller that is gone Node would throw.
      if (this.#state === 'answered' || stream.closed || stream.destroyed) return;
      this.#state = 'answered';
      respond(isList(headers) ? headers : toHarmless(headers ?? {}, toOurError), options);
      if (options?.endStream) stream.resume(); // what is still coming is thrown away
    };
    stream.sendTrailers = (trailers) => sendTrailers(toHarmless(trailers, toOurError));
  }
}

function isList(headers: OutgoingHttpHeaders | readonly string[] | undefined): headers is readonly string[] {
  return Array.isArray(headers);
}

function deadlineError(limitMs: number): SecretError {
  const limit = limitMs >= 1000 ? `${Math.round(limitMs / 1000)}s` : `${Math.round(limitMs)}ms`;
  return new SecretError('MOUNT_DEADLINE', `the mount did not finish within ${limit}`);
}

function tooLargeError(): SecretError {
  return new SecretError('REQUEST_INVALID', `the request is larger than ${maxRequestBytes} bytes`);
}

function memoryError(): SecretError {
  const message = 'lockstep is busy on this node: too many bytes of requests and replies are in flight';
  return new SecretError('MOUNT_BUSY', `${message}; the mount will be tried again`);
}

/** grpc-js refuses a message by its announced size, compressed or not, with RESOURCE_EXHAUSTED. */
function toOurError(code: number): SecretError {
  const resourceExhausted = 8;
  if (code === resourceExhausted) return tooLargeError();
  return new SecretError('INTERNAL', `the gRPC library ended the call with status ${code}`);
}
