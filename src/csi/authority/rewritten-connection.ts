import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

import { withAcceptableAuthority } from './authority.ts';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';
import { HeaderBlockReader, toHeaderFrames } from './header-blocks.ts';

const prefaceBytes = 24;

/**
 * A view of the socket in which every request has an authority that Node accepts. Header blocks are decoded and encoded
 * again, because the dynamic table binds them to each other; all other frames pass as they are, and so does everything
 * the server sends. Bytes that are not HTTP/2 end the connection: `refuse` is told once.
 */
export function rewriteConnection(socket: Socket, refuse: (error: Error) => void): Duplex {
  const rewriter = new Rewriter();
  const connection = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      const bytes = rewriter.push(chunk);
      if (bytes.length > 0 && !connection.push(bytes)) socket.pause();
    } catch (error) {
      connection.destroy();
      refuse(error instanceof Error ? error : new Error(String(error)));
    }
  });
  socket.once('end', () => connection.push(null));
  socket.once('error', () => connection.destroy());
  socket.once('close', () => connection.destroy());
  return connection;
}

class Rewriter {
  #toPass = prefaceBytes;
  #frames = new FrameReader();
  #blocks = new HeaderBlockReader();

  push(chunk: Buffer): Buffer {
    const passed = chunk.subarray(0, this.#toPass);
    this.#toPass -= passed.length;
    const frames = this.#frames.push(chunk.subarray(passed.length)).flatMap((frame) => this.#rewrite(frame));
    return Buffer.concat([passed, ...frames.map(encodeFrame)]);
  }

  #rewrite(frame: Frame): Frame[] {
    const result = this.#blocks.push(frame);
    if (result === 'other') return [frame];
    if (result === 'part') return [];
    return toHeaderFrames({ ...result, fields: withAcceptableAuthority(result.fields) });
  }
}
