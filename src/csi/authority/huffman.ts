import { Http2Error } from './http2-error.ts';

/** Code lengths of RFC 7541 Appendix B by symbol; 256 is EOS. The code is canonical, so the lengths are the whole table. */
// prettier-ignore
const lengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
] as const;

const eos = 256;
const longest = 30;

/** Per code length: the first code of that length, and the symbols that have it, in order. */
const byLength = canonicalCode();

/** A Huffman-coded string as Latin-1 text. Throws Http2Error for EOS inside, or padding that is not EOS's first bits (§5.2). */
export function decodeHuffman(bytes: Uint8Array): string {
  const symbols: number[] = [];
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >> bit) & 1);
      length++;
      const symbol = symbolOf(code, length);
      if (symbol === undefined) continue;
      if (symbol === eos) throw new Http2Error('a Huffman string holds EOS');
      symbols.push(symbol);
      code = 0;
      length = 0;
    }
  }
  if (length > 7 || code !== (1 << length) - 1) throw new Http2Error('a Huffman string is badly padded');
  return Buffer.from(symbols).toString('latin1');
}

function symbolOf(code: number, length: number): number | undefined {
  if (length > longest) throw new Http2Error('a Huffman string holds an unknown code');
  const row = byLength[length];
  return row === undefined || code < row.first ? undefined : row.symbols[code - row.first];
}

function canonicalCode(): readonly { readonly first: number; readonly symbols: readonly number[] }[] {
  const rows = [];
  let next = 0;
  for (let length = 0; length <= longest; length++) {
    const symbols = [...lengths.keys()].filter((symbol) => lengths[symbol] === length);
    rows.push({ first: next, symbols });
    next = (next + symbols.length) << 1;
  }
  return rows;
}
