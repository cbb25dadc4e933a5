import { timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

/**
 * A secret value or token. Prints as `[redacted]` in strings, JSON, logs and inspection; the bytes come out of
 * `reveal()` only, which the linter allows in few files.
 */
export class SecretBytes {
  readonly #bytes: Buffer;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Takes the bytes over: the caller must not write to them afterwards. Kept for long, and so never a part of shared memory. */
  static from(value: Uint8Array | string): SecretBytes {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    return new SecretBytes(isPooled(bytes) ? toOwnMemory(bytes) : toBuffer(bytes));
  }

  get size(): number {
    return this.#bytes.byteLength;
  }

  /** The bytes themselves, not a copy. */
  reveal(): Buffer {
    return this.#bytes;
  }

  equals(other: SecretBytes): boolean {
    return this.size === other.size && timingSafeEqual(this.#bytes, other.#bytes);
  }

  /** Overwrites the bytes. For the owner, when nobody can hold them any more. */
  zero(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

/** Whether it is a small part of memory that it would keep as a whole: Node cuts short buffers out of common ones. */
function isPooled({ buffer, byteLength }: Uint8Array): boolean {
  return buffer.byteLength > 2 * byteLength;
}

function toOwnMemory(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.byteLength);
  own.set(bytes);
  return own;
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
