/** Types of Go as encoding/json reads and writes them: null leaves the zero value, and nothing is converted. */
import { compareUtf8, isJsonObject, JsonNumber, marshalGo, type JsonObject, type JsonValue } from './go-json.ts';
import type { Problem } from './problem.ts';
import { SecretBytes } from './secret-bytes.ts';

export interface GoType<T> {
  readonly zero: T;
  /** `json` is not null. When it has the wrong type, adds a problem and returns the zero value. */
  decode(json: JsonValue, at: Place): T;
  encode(value: T): string;
}

/** Where a value stands in the text, and where its problems go. */
export interface Place {
  readonly path: string;
  readonly problems: Problem[];
}

export const goString: GoType<string> = {
  zero: '',
  decode: (json, at) => (typeof json === 'string' ? json : reject(json, at, 'a string', '')),
  encode: marshalGo,
};

/** A string that must not be printed. */
export const goSecret: GoType<SecretBytes> = {
  zero: SecretBytes.from(''),
  decode: (json, at) => SecretBytes.from(goString.decode(json, at)),
  encode: (value) => marshalGo(value.reveal().toString()),
};

export const goBool: GoType<boolean> = {
  zero: false,
  decode: (json, at) => (typeof json === 'boolean' ? json : reject(json, at, 'a boolean', false)),
  encode: String,
};

/** Without fraction and exponent, and no larger than JavaScript counts exactly. */
export const goInt: GoType<number> = {
  zero: 0,
  decode(json, at) {
    const value = json instanceof JsonNumber && /^-?\d+$/.test(json.text) ? Number(json.text) : NaN;
    return Number.isSafeInteger(value) ? value : reject(json, at, 'a whole number', 0);
  },
  encode: String,
};

/** A time, kept as Go writes it. Parity: RFC 3339; of the fraction nine digits, without zeros at the end. */
export const goTime: GoType<string> = {
  zero: '0001-01-01T00:00:00Z',
  decode(json, at) {
    const match = typeof json === 'string' ? rfc3339.exec(json) : null;
    const [, seconds = '', fraction = '', zone = ''] = match ?? [];
    if (Number.isNaN(Date.parse(`${seconds}${zone}`))) return reject(json, at, 'a time as in RFC 3339', goTime.zero);
    const digits = fraction.slice(0, 9).replace(/0+$/, '');
    return `${seconds}${digits === '' ? '' : `.${digits}`}${zone === '+00:00' || zone === '-00:00' ? 'Z' : zone}`;
  },
  encode: marshalGo,
};
const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;

/** A map of anything. */
export const goObject: GoType<JsonObject | null> = {
  zero: null,
  decode: (json, at) => (isJsonObject(json) ? json : reject(json, at, 'an object', null)),
  encode: marshalGo,
};

export function goList<T>(element: GoType<T>): GoType<readonly T[] | null> {
  return {
    zero: null,
    decode(json, at) {
      if (!isJsonArray(json)) return reject(json, at, 'a list', null);
      return json.map((item, index) => decodeAt(element, item, at, `[${index}]`));
    },
    encode: (list) => (list === null ? 'null' : `[${list.map((item) => element.encode(item)).join(',')}]`),
  };
}

export function goMap<T>(member: GoType<T>): GoType<ReadonlyMap<string, T> | null> {
  return {
    zero: null,
    decode(json, at) {
      if (!isJsonObject(json)) return reject(json, at, 'an object', null);
      return new Map([...json].map(([key, item]) => [key, decodeAt(member, item, at, `.${key}`)]));
    },
    encode(map) {
      if (map === null) return 'null';
      const members = [...map].toSorted(([a], [b]) => compareUtf8(a, b));
      return `{${members.map(([key, item]) => `${marshalGo(key)}:${member.encode(item)}`).join(',')}}`;
    },
  };
}

/** Decodes one member of what stands at `at`. */
export function decodeAt<T>(type: GoType<T>, json: JsonValue | undefined, at: Place, step: string): T {
  if (json === undefined || json === null) return type.zero;
  return type.decode(json, { ...at, path: `${at.path}${step}` });
}

/** Notes that a value has the wrong type, without quoting it. */
export function reject<T>(json: JsonValue, at: Place, expected: string, instead: T): T {
  at.problems.push({ path: at.path, message: `must be ${expected}, not ${describe(json)}` });
  return instead;
}

function describe(json: JsonValue): string {
  if (json === null) return 'null';
  if (isJsonObject(json)) return 'an object';
  if (isJsonArray(json)) return 'a list';
  if (json instanceof JsonNumber) return /^-?\d+$/.test(json.text) ? 'a whole number' : 'a number';
  return typeof json === 'string' ? 'a string' : 'a boolean';
}

/** Array.isArray does not narrow a readonly array. */
function isJsonArray(json: JsonValue): json is readonly JsonValue[] {
  return Array.isArray(json);
}
