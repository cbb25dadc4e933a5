/**
 * A text without the data of a Secret that it may quote: an admission policy or a validation can repeat what it was sent,
 * encoded or not, escaped, or in part. Whatever the text has in common with a value for eight characters or more is cut
 * out, and a shorter value where it stands alone.
 */
export function withoutValues(text: string, secret: object): string {
  const values = valuesOf(secret).flatMap((value) => [value, decode(value)]);
  const hidden = new Set<number>();
  for (const value of values) for (const at of findParts(text, value)) hidden.add(at);
  let shown = '';
  for (let at = 0; at < text.length; at++) {
    if (!hidden.has(at)) shown += text.charAt(at);
    else if (!hidden.has(at - 1)) shown += '[redacted]';
  }
  return shown;
}

const partLength = 8;

/** Every string below `data` and `stringData`. */
function valuesOf(secret: object): readonly string[] {
  const fields = new Map<string, unknown>(Object.entries(secret));
  return [fields.get('data'), fields.get('stringData')].flatMap((part) =>
    typeof part === 'object' && part !== null ? Object.values(part).filter(isFilled) : [],
  );
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function decode(value: string): string {
  return Buffer.from(value, 'base64').toString('utf8');
}

/** Indices in the text that belong to what it shares with the value. */
function* findParts(text: string, value: string): Generator<number> {
  if (value.length < partLength) {
    yield* findWord(text, value);
    return;
  }
  for (let at = 0; at + partLength <= text.length; at++) {
    if (!value.includes(text.slice(at, at + partLength))) continue;
    for (let offset = 0; offset < partLength; offset++) yield at + offset;
  }
}

function* findWord(text: string, word: string): Generator<number> {
  if (word === '') return;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const isAlone = !isLetter(text[at - 1]) && !isLetter(text[at + word.length]);
    if (isAlone) for (let offset = 0; offset < word.length; offset++) yield at + offset;
  }
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}
