import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { hasAcceptableAuthority } from './authority.ts';
import { encodeFrame, flag, type Frame, FrameReader, frameType } from './frames.ts';
import { HeaderBlockReader } from './header-blocks.ts';
import { Http2Error } from './http2-error.ts';
import { rewriteConnection } from './rewritten-connection.ts';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const emptySettings = encodeFrame({ type: frameType.settings, flags: 0, streamId: 0, payload: Buffer.alloc(0) });
/** Held before the decision: the client's settings, one header block and a request's data. */
const maxHeldBytes = 1_048_576;

export interface OpeningHandlers {
  /** The connection as Node's HTTP/2 server may have it: the socket itself, or a view of it with another authority. */
  readonly accept: (connection: Duplex) => void;
  /** The peer's bytes are not HTTP/2 as we accept it; the socket is closed. Called at most once. */
  readonly refuse: (error: Error) => void;
}

/**
 * Looks at a new connection until its first request shows which authority the client sends. Clients that are fine, such
 * as drivers 1.6 and newer, get the bare socket and pay nothing after that.
 *
 * grpc-go sends no request before it has seen the server's SETTINGS, so an empty frame goes out first and its
 * acknowledgement is kept from the real server, which never sent it.
 */
export function openConnection(socket: Socket, { accept, refuse }: OpeningHandlers): void {
  const opening = new Opening();
  socket.on('error', () => socket.destroy());
  socket.write(emptySettings);
  socket.on('data', onData);

  function onData(chunk: Buffer): void {
    try {
      const state = opening.push(chunk);
      for (const answer of state.answers) socket.write(encodeFrame(answer));
      if (!state.isDecided) return;
      socket.off('data', onData);
      socket.pause();
      socket.unshift(opening.held());
      accept(state.isAcceptable ? socket : rewriteConnection(socket, refuse));
    } catch (error) {
      socket.off('data', onData);
      socket.destroy();
      refuse(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

interface OpeningState {
  readonly isDecided: boolean;
  readonly isAcceptable: boolean;
  readonly answers: readonly Frame[];
}

/** What the client has said so far. */
class Opening {
  #start = Buffer.alloc(0);
  #frames = new FrameReader();
  #blocks = new HeaderBlockReader();
  #held: Buffer[] = [preface];
  #heldBytes = 0;
  #isAcknowledged = false;
  #isAcceptable: boolean | undefined;

  push(chunk: Buffer): OpeningState {
    const answers: Frame[] = [];
    for (const frame of this.#frames.push(this.#afterPreface(chunk))) {
      const answer = this.#take(frame);
      if (answer !== undefined) answers.push(answer);
    }
    return {
      isDecided: this.#isAcknowledged && this.#isAcceptable !== undefined,
      isAcceptable: this.#isAcceptable ?? false,
      answers,
    };
  }

  /** Everything the real server has to see, in order. */
  held(): Buffer {
    return Buffer.concat([...this.#held, this.#frames.rest]);
  }

  #afterPreface(chunk: Buffer): Buffer {
    if (this.#start.length === preface.length) return chunk;
    const bytes = Buffer.concat([this.#start, chunk]);
    this.#start = bytes.subarray(0, preface.length);
    if (!preface.subarray(0, this.#start.length).equals(this.#start))
      throw new Http2Error('the client does not speak HTTP/2');
    return bytes.subarray(this.#start.length);
  }

  /** Keeps a frame for the real server, but for the acknowledgement that is ours and a ping, which is answered here. */
  #take(frame: Frame): Frame | undefined {
    const isAck = (frame.flags & flag.ack) !== 0;
    if (frame.type === frameType.settings && isAck && !this.#isAcknowledged) {
      this.#isAcknowledged = true;
      return undefined;
    }
    if (frame.type === frameType.ping && !isAck) return { ...frame, flags: flag.ack };
    const bytes = encodeFrame(frame);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > maxHeldBytes)
      throw new Http2Error(`the client sent ${maxHeldBytes} bytes before its first request`);
    this.#held.push(bytes);
    const result = this.#isAcceptable === undefined ? this.#blocks.push(frame) : undefined;
    if (typeof result === 'object') this.#isAcceptable = hasAcceptableAuthority(result.fields);
    return undefined;
  }
}
