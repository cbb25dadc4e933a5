const shownCharacters = 48;

/**
 * A value of the demo for the terminal: one line of printable characters. Masked to its first two unless `reveal`; bytes that
 * are no text are shown as their number.
 */
export function showValue(contents: Uint8Array, reveal: boolean): string {
  const text = toText(contents);
  if (text === undefined) return '(binary)';
  const characters = Array.from(text);
  if (!reveal) return characters.length < 6 ? '***' : `${toOneLine(characters.slice(0, 2))}***`;
  const shown = toOneLine(characters.slice(0, shownCharacters));
  return characters.length > shownCharacters ? `${shown}…` : shown;
}

function toText(contents: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(contents);
  } catch {
    return undefined;
  }
}

/** A value must not steer the terminal. */
function toOneLine(characters: readonly string[]): string {
  return characters.map((character) => (/\p{C}|\p{Zl}|\p{Zp}/u.test(character) ? '·' : character)).join('');
}
