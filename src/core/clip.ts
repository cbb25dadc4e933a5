const ellipsis = '…';

/** The text, cut to so many bytes of UTF-8 between characters. */
export function clip(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text);
  let end = maxBytes - Buffer.byteLength(ellipsis);
  // 0b10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.toString('utf8', 0, end)}${ellipsis}`;
}

/** As many parts as fit, joined by `; `, then `and N more`. The first part always stands there, if need be cut. */
export function joinWithin(parts: readonly string[], maxBytes: number): string {
  const room = maxBytes - Buffer.byteLength(more(parts.length));
  let joined = clip(parts[0] ?? '', room);
  let count = 1;
  for (const part of parts.slice(1)) {
    const longer = `${joined}; ${part}`;
    if (Buffer.byteLength(longer) > room) break;
    joined = longer;
    count++;
  }
  return count >= parts.length ? joined : `${joined}${more(parts.length - count)}`;
}

function more(count: number): string {
  return ` and ${count} more`;
}
