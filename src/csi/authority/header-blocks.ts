import { type Frame, flag, frameType, maxFrameBytes } from './frames.ts';
import { type HeaderField, HpackDecoder } from './hpack-decoder.ts';
import { encodeLiterals } from './hpack-encoder.ts';
import { Http2Error } from './http2-error.ts';

/** A whole header block: what HEADERS and its CONTINUATIONs said together. */
export interface HeaderBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  /** The five bytes of the deprecated priority, where they were sent. */
  readonly priority: Buffer | undefined;
  readonly fields: readonly HeaderField[];
}

/** Compressed size of one block over all its frames. */
const maxBlockBytes = 65_536;

interface OpenBlock {
  readonly first: Frame;
  readonly priority: Buffer | undefined;
  readonly fragments: Buffer[];
}

/** Assembles and decodes the header blocks of one connection, in order. Throws Http2Error. */
export class HeaderBlockReader {
  #decoder = new HpackDecoder();
  #open: OpenBlock | undefined;

  /** The block that this frame completes; `part`: it belongs to one that is not complete; `other`: not a header frame. */
  push(frame: Frame): HeaderBlock | 'part' | 'other' {
    if (this.#open !== undefined) this.#continue(this.#open, frame);
    else if (frame.type === frameType.headers) this.#open = openBlock(frame);
    else if (frame.type === frameType.continuation) throw new Http2Error('a CONTINUATION frame continues nothing');
    else return 'other';
    if ((frame.flags & flag.endHeaders) === 0) return 'part';
    return this.#close();
  }

  #continue(open: OpenBlock, frame: Frame): void {
    if (frame.type !== frameType.continuation || frame.streamId !== open.first.streamId) {
      throw new Http2Error('a header block is interrupted by another frame');
    }
    open.fragments.push(frame.payload);
    const bytes = open.fragments.reduce((sum, { length }) => sum + length, 0);
    if (bytes > maxBlockBytes || open.fragments.length > 64)
      throw new Http2Error(`a header block exceeds ${maxBlockBytes} bytes`);
  }

  #close(): HeaderBlock {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) throw new Http2Error('a header block ends before it starts');
    return {
      streamId: open.first.streamId,
      endStream: (open.first.flags & flag.endStream) !== 0,
      priority: open.priority,
      fields: this.#decoder.decode(Buffer.concat(open.fragments)),
    };
  }
}

/** The frames of a block whose fields are literals; padding is left out. */
export function toHeaderFrames({ streamId, endStream, priority, fields }: HeaderBlock): Frame[] {
  const content = Buffer.concat([priority ?? Buffer.alloc(0), encodeLiterals(fields)]);
  const frames: Frame[] = [];
  for (let at = 0; at === 0 || at < content.length; at += maxFrameBytes) {
    const isFirst = at === 0;
    const isLast = at + maxFrameBytes >= content.length;
    const flags =
      (isLast ? flag.endHeaders : 0) |
      (isFirst && endStream ? flag.endStream : 0) |
      (isFirst && priority ? flag.priority : 0);
    const type = isFirst ? frameType.headers : frameType.continuation;
    frames.push({ type, flags, streamId, payload: content.subarray(at, at + maxFrameBytes) });
  }
  return frames;
}

function openBlock(frame: Frame): OpenBlock {
  const padded = (frame.flags & flag.padded) !== 0;
  const padding = padded ? frame.payload[0] : 0;
  const hasPriority = (frame.flags & flag.priority) !== 0;
  const start = padded ? 1 : 0;
  const priorityEnd = start + (hasPriority ? 5 : 0);
  const end = frame.payload.length - (padding ?? 0);
  if (padding === undefined || end < priorityEnd) throw new Http2Error('a HEADERS frame is shorter than its padding');
  const priority = hasPriority ? frame.payload.subarray(start, priorityEnd) : undefined;
  return { first: frame, priority, fragments: [frame.payload.subarray(priorityEnd, end)] };
}
