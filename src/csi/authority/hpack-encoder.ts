import type { HeaderField } from './hpack-decoder.ts';

/**
 * A header block of literals without indexing, in plain bytes (RFC 7541 §6.2.2, §6.2.3): it neither reads nor changes
 * the receiver's dynamic table, so the blocks of a connection stay independent of each other.
 */
export function encodeLiterals(fields: readonly HeaderField[]): Buffer {
  return Buffer.concat(
    fields.flatMap(({ name, value, sensitive }) => [
      Buffer.of(sensitive ? 0x10 : 0),
      ...literal(name),
      ...literal(value),
    ]),
  );
}

function literal(text: string): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  return [Buffer.from(integer(bytes.length, 7)), bytes];
}

/** RFC 7541 §5.1, with zero bits before the prefix. */
function integer(value: number, prefixBits: number): number[] {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return [value];
  const bytes = [mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
