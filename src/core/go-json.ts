/**
 * JSON as Go's encoding/json reads and writes it, so that files and versions equal those of the official provider byte
 * for byte. Numbers keep their text, objects are Maps (no prototype, any key), the last of two equal keys wins.
 */
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

export type JsonObject = ReadonlyMap<string, JsonValue>;

/** A number as it was written: `1.0`, `-0` and twenty digits survive. */
export class JsonNumber {
  readonly text: string;

  /** `text` must be a JSON number. */
  constructor(text: string) {
    this.text = text;
  }
}

export interface ParseJsonOptions {
  /** Reads the first value and ignores what follows, as Go's Decoder does. Otherwise only white space may follow. */
  readonly allowTrailing?: boolean;
}

/** Deeper nesting is refused; Go's bound is 10,000, which no secret comes near. */
const maxDepth = 1000;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9.eE])/y;
const whiteSpace = /[ \t\r\n]*/y;
// oxlint-disable-next-line no-control-regex -- JSON forbids exactly these inside a string
const control = /[\u0000-\u001f]/;
const htmlUnsafe = /[<>&\u2028\u2029]/g;
const surrogate = /[\ud800-\udfff]/;

/** Throws a SyntaxError that names the position and never quotes the text, which may be a secret. */
export function parseJson(text: string, options: ParseJsonOptions = {}): JsonValue {
  const parser = new Parser(text);
  const value = parser.value(0);
  if (options.allowTrailing !== true) parser.end();
  return value;
}

/**
 * Compact, keys sorted by their UTF-8 bytes, no newline at the end. Parity: Go's json.Marshal, which writes `<`, `>`, `&`,
 * U+2028 and U+2029 as escapes.
 */
export function marshalGo(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return marshalString(value);
  if (value instanceof JsonNumber) return value.text;
  if (!isJsonObject(value)) return `[${value.map(marshalGo).join(',')}]`;
  const members = [...value].toSorted(([a], [b]) => compareUtf8(a, b));
  return `{${members.map(([key, member]) => `${marshalString(key)}:${marshalGo(member)}`).join(',')}}`;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

function marshalString(text: string): string {
  const json = JSON.stringify(text.toWellFormed());
  return json.replaceAll(htmlUnsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The order of code points, from which that of UTF-16 units differs above U+FFFF alone. */
export function compareUtf8(a: string, b: string): number {
  if (surrogate.test(a) || surrogate.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Reads one text from the start; state is the position alone. */
class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonValue {
    if (depth > maxDepth) throw new SyntaxError(`JSON is nested deeper than ${maxDepth} levels`);
    switch (this.#peek()) {
      case '{':
        return this.#object(depth + 1);
      case '[':
        return this.#array(depth + 1);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  end(): void {
    if (this.#peek() !== '') throw this.#unexpected();
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, JsonValue>();
    this.#at++;
    if (this.#accept('}')) return members;
    do {
      if (this.#peek() !== '"') throw this.#unexpected();
      const key = this.#string();
      if (!this.#accept(':')) throw this.#unexpected();
      members.set(key, this.value(depth));
    } while (this.#accept(','));
    if (!this.#accept('}')) throw this.#unexpected();
    return members;
  }

  #array(depth: number): JsonValue[] {
    const elements: JsonValue[] = [];
    this.#at++;
    if (this.#accept(']')) return elements;
    do elements.push(this.value(depth));
    while (this.#accept(','));
    if (!this.#accept(']')) throw this.#unexpected();
    return elements;
  }

  #string(): string {
    const start = this.#at + 1;
    const end = this.#closingQuote(start);
    const raw = this.#text.slice(start, end);
    this.#at = end + 1;
    if (control.test(raw)) throw this.#invalidString(start);
    // Parity: half of a surrogate pair becomes U+FFFD.
    if (!raw.includes('\\')) return raw.toWellFormed();
    return this.#unescape(raw, start).toWellFormed();
  }

  #closingQuote(start: number): number {
    let from = start;
    for (;;) {
      const quote = this.#text.indexOf('"', from);
      if (quote === -1) throw new SyntaxError('JSON ends inside a string');
      let slashes = 0;
      while (this.#text[quote - 1 - slashes] === '\\' && quote - slashes > from) slashes++;
      if (slashes % 2 === 0) return quote;
      from = quote + 1;
    }
  }

  #unescape(raw: string, start: number): string {
    try {
      return String(JSON.parse(`"${raw}"`));
    } catch {
      // The engine's message quotes the text.
      throw this.#invalidString(start);
    }
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected();
    this.#at += word.length;
    return value;
  }

  #number(): JsonNumber {
    number.lastIndex = this.#at;
    const text = number.exec(this.#text)?.[0];
    if (text === undefined) throw this.#unexpected();
    this.#at += text.length;
    return new JsonNumber(text);
  }

  /** The next character that is no white space; empty at the end. */
  #peek(): string {
    whiteSpace.lastIndex = this.#at;
    whiteSpace.test(this.#text);
    this.#at = whiteSpace.lastIndex;
    return this.#text.charAt(this.#at);
  }

  #accept(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #unexpected(): SyntaxError {
    if (this.#at >= this.#text.length) return new SyntaxError('JSON ends too early');
    return new SyntaxError(`JSON has an unexpected character at position ${this.#at}`);
  }

  #invalidString(start: number): SyntaxError {
    return new SyntaxError(`JSON has an invalid string at position ${start}`);
  }
}
