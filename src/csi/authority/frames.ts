import { Http2Error } from './http2-error.ts';

/** RFC 9113 §6; the others pass as they are. */
export const frameType = { headers: 1, settings: 4, ping: 6, continuation: 9 } as const;
export const flag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

const headerBytes = 9;
/** What Node's server announces and we split to (the default of RFC 9113 §6.5.2). */
export const maxFrameBytes = 16_384;

/** Cuts a byte stream into frames, keeping what is not yet whole: at most one frame. Throws Http2Error. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    for (;;) {
      const frame = this.#next();
      if (frame === undefined) return frames;
      frames.push(frame);
    }
  }

  /** The bytes that belong to no whole frame yet. */
  get rest(): Buffer {
    return this.#rest;
  }

  #next(): Frame | undefined {
    if (this.#rest.length < headerBytes) return undefined;
    const length = this.#rest.readUIntBE(0, 3);
    if (length > maxFrameBytes) throw new Http2Error(`a frame exceeds ${maxFrameBytes} bytes`);
    const end = headerBytes + length;
    if (this.#rest.length < end) return undefined;
    const frame = {
      type: this.#rest.readUInt8(3),
      flags: this.#rest.readUInt8(4),
      streamId: this.#rest.readUInt32BE(5) & 0x7fff_ffff,
      payload: this.#rest.subarray(headerBytes, end),
    };
    this.#rest = this.#rest.subarray(end);
    return frame;
  }
}

export function encodeFrame({ type, flags, streamId, payload }: Frame): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, payload]);
}
