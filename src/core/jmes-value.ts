import { isJsonObject, JsonNumber, type JsonValue, marshalGo } from './go-json.ts';

/** JSON as expressions see it: numbers are floats, as in Go, and objects Maps, which have no inherited members. */
export type JmesValue = null | boolean | number | string | readonly JmesValue[] | JmesObject;

export type JmesObject = ReadonlyMap<string, JmesValue>;

/** Why an expression cannot be used, as the end of a sentence that starts with it. Never quotes a value. */
export class JmesPathError extends Error {}

export function isJmesObject(value: JmesValue): value is JmesObject {
  return value instanceof Map;
}

export function isJmesArray(value: JmesValue): value is readonly JmesValue[] {
  return Array.isArray(value);
}

/** Throws JmesPathError for a number beyond what a float holds. */
export function toJmesValue(json: JsonValue): JmesValue {
  if (json === null || typeof json === 'boolean' || typeof json === 'string') return json;
  if (json instanceof JsonNumber) return toFloat(json);
  if (isJsonObject(json)) return new Map([...json].map(([key, value]) => [key, toJmesValue(value)]));
  return json.map(toJmesValue);
}

/** Parity: Go's json.Marshal of untyped values. */
export function marshalJmes(value: JmesValue): string {
  return marshalGo(toJson(value));
}

/** What JMESPath takes for false: null, false and everything that is empty, but not 0. */
export function isFalse(value: JmesValue): boolean {
  if (value === null || value === false || value === '') return true;
  if (isJmesArray(value)) return value.length === 0;
  return isJmesObject(value) && value.size === 0;
}

export function isEqual(a: JmesValue, b: JmesValue): boolean {
  if (isJmesArray(a) && isJmesArray(b)) {
    return a.length === b.length && a.every((element, index) => isEqual(element, b[index] ?? null));
  }
  if (a !== null && b !== null && isJmesObject(a) && isJmesObject(b)) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && isEqual(value, b.get(key) ?? null));
  }
  return a === b;
}

function toFloat({ text }: JsonNumber): number {
  const number = Number(text);
  if (!Number.isFinite(number)) throw new JmesPathError('cannot be used: the value holds a number that is too large');
  return number;
}

function toJson(value: JmesValue): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new JmesPathError('makes a number that cannot be written');
    return new JsonNumber(Object.is(value, -0) ? '-0' : String(value));
  }
  if (isJmesObject(value)) return new Map([...value].map(([key, member]) => [key, toJson(member)]));
  return value.map(toJson);
}
