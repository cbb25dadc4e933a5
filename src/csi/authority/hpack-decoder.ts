import { staticTable } from './hpack-static-table.ts';
import { Http2Error } from './http2-error.ts';
import { decodeHuffman } from './huffman.ts';

/** A header field with its bytes as Latin-1 text. `sensitive`: its sender forbade to index it. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
  readonly sensitive: boolean;
}

/** What Node's server announces (the default of RFC 9113 §6.5.2); the peer's encoder may not use more. */
const maxTableBytes = 4096;
/** Decoded size of one block, by the measure of RFC 7541 §4.1: a small block can stand for much. */
const maxListBytes = 65_536;

/** Decodes the header blocks of one connection, in order, keeping the dynamic table. Throws Http2Error. */
export class HpackDecoder {
  #dynamic: HeaderField[] = [];
  #dynamicBytes = 0;
  #limitBytes = maxTableBytes;

  decode(block: Buffer): HeaderField[] {
    const reader = new Reader(block);
    const fields: HeaderField[] = [];
    let listBytes = 0;
    while (!reader.atEnd) {
      const field = this.#field(reader, fields.length === 0);
      if (field === undefined) continue;
      listBytes += sizeOf(field);
      if (listBytes > maxListBytes) throw new Http2Error(`a header list exceeds ${maxListBytes} bytes`);
      fields.push(field);
    }
    return fields;
  }

  /** One representation of RFC 7541 §6; undefined for a table size update. */
  #field(reader: Reader, first: boolean): HeaderField | undefined {
    const kind = reader.peek();
    if (kind & 0x80) return { ...this.#entry(reader.integer(7)), sensitive: false };
    if (kind & 0x40) {
      const field = this.#literal(reader, 6, false);
      this.#add(field);
      return field;
    }
    if (kind & 0x20) {
      if (!first) throw new Http2Error('a table size update stands after a field');
      this.#resize(reader.integer(5));
      return undefined;
    }
    return this.#literal(reader, 4, (kind & 0x10) !== 0);
  }

  #literal(reader: Reader, prefixBits: number, sensitive: boolean): HeaderField {
    const index = reader.integer(prefixBits);
    const name = index === 0 ? reader.string() : this.#entry(index).name;
    return { name, value: reader.string(), sensitive };
  }

  #entry(index: number): HeaderField {
    const fixed = staticTable[index - 1];
    if (fixed !== undefined) return { name: fixed[0], value: fixed[1], sensitive: false };
    const field = this.#dynamic[index - 1 - staticTable.length];
    if (field === undefined) throw new Http2Error('a header field names an index that does not exist');
    return field;
  }

  #add(field: HeaderField): void {
    this.#dynamic.unshift(field);
    this.#dynamicBytes += sizeOf(field);
    this.#evict();
  }

  #resize(bytes: number): void {
    if (bytes > maxTableBytes) throw new Http2Error(`a table size update exceeds ${maxTableBytes} bytes`);
    this.#limitBytes = bytes;
    this.#evict();
  }

  #evict(): void {
    while (this.#dynamicBytes > this.#limitBytes) {
      const oldest = this.#dynamic.pop();
      if (oldest !== undefined) this.#dynamicBytes -= sizeOf(oldest);
    }
  }
}

function sizeOf({ name, value }: HeaderField): number {
  return name.length + value.length + 32;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  peek(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Http2Error('a header block ends early');
    return byte;
  }

  /** RFC 7541 §5.1. Bounded to 28 bits: nothing we accept is larger. */
  integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.peek() & mask;
    this.#at++;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.peek();
      this.#at++;
      value += (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
    throw new Http2Error('a header block holds a number that is too large');
  }

  /** RFC 7541 §5.2. */
  string(): string {
    const isHuffman = (this.peek() & 0x80) !== 0;
    const length = this.integer(7);
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Http2Error('a header block ends inside a string');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return isHuffman ? decodeHuffman(bytes) : bytes.toString('latin1');
  }
}
