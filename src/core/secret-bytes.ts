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

  /** Takes the bytes over: the caller must not write to them afterwards. */
  static from(value: Uint8Array | string): SecretBytes {
    if (typeof value === 'string') return new SecretBytes(Buffer.from(value, 'utf8'));
    return new SecretBytes(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
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
