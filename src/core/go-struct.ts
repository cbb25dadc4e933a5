/** Go structs as encoding/json reads and writes them: names in any case, unknown members dropped, a fixed order. */
import { isJsonObject, type JsonObject, type JsonValue } from './go-json.ts';
import { decodeAt, type GoType, type Place, reject } from './go-type.ts';

export interface GoField<T> {
  readonly name: string;
  readonly type: GoType<T>;
  /** `empty`: not written when empty. `always`: read, but no member of the Go struct and so never written. */
  readonly omit: 'never' | 'empty' | 'always';
}

/** The members of a struct in the order in which they are written. */
export type GoFields<T> = { readonly [K in keyof T]: GoField<T[K]> };

export function goField<T>(name: string, type: GoType<T>, omit: GoField<T>['omit'] = 'never'): GoField<T> {
  return { name, type, omit };
}

/** A pointer to a struct: null when absent. */
export function goPointer<T extends object>(fields: GoFields<T>): GoType<T | null> {
  return {
    zero: null,
    decode: (json, at) => (isJsonObject(json) ? decodeStruct(fields, json, at) : reject(json, at, 'an object', null)),
    encode: (struct) => (struct === null ? 'null' : encodeStruct(fields, struct)),
  };
}

export function decodeStruct<T extends object>(fields: GoFields<T>, json: JsonObject, at: Place): T {
  const members = new Map<string, JsonValue>([...json].map(([name, value]) => [name.toLowerCase(), value]));
  const struct: Partial<T> = {};
  for (const key in fields) {
    const { name, type } = fields[key];
    struct[key] = decodeAt(type, members.get(name), at, at.path === '' ? name : `.${name}`);
  }
  // Complete: the loop went over every key of T.
  return struct as T;
}

export function encodeStruct<T extends object>(fields: GoFields<T>, struct: T): string {
  const members: string[] = [];
  for (const key in fields) {
    const { name, type, omit } = fields[key];
    if (omit === 'always' || (omit === 'empty' && isEmpty(struct[key], type.zero))) continue;
    members.push(`"${name}":${type.encode(struct[key])}`);
  }
  return `{${members.join(',')}}`;
}

/** Whether every member that Go knows has its zero value; an empty list or map is no zero value. */
export function isZeroStruct<T extends object>(fields: GoFields<T>, struct: T): boolean {
  for (const key in fields) {
    const { type, omit } = fields[key];
    if (omit !== 'always' && struct[key] !== type.zero) return false;
  }
  return true;
}

function isEmpty(value: unknown, zero: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  return value === zero;
}
