import { isDeepStrictEqual } from 'node:util';

import type { KubeObject, Resource } from '../../src/kube/objects.ts';
import { invalid, type KubeReply } from './kube-replies.ts';
import type { KubeRequest } from './kube-requests.ts';

const maxDataBytes = 1_048_576;
const frozen = 'Forbidden: field is immutable when `immutable` is set';

/** A Secret as it is kept: with a type, and plain strings encoded. Anything else as it is. */
export function toStored({ plural, group }: Pick<Resource, 'group' | 'plural'>, object: KubeObject): KubeObject {
  if (plural !== 'secrets' || group !== '') return object;
  const { stringData, data, ...rest } = object;
  const encoded = Object.entries(toRecord(stringData)).map(([key, text]) => [key, encode(String(text))]);
  const all = { ...toRecord(data), ...Object.fromEntries(encoded) };
  return { ...rest, ...(Object.keys(all).length > 0 && { data: all }), type: typeOf(object) };
}

/** What the API server refuses of a Secret: too much, another type, a change of one that is immutable. */
export function refuseSecret(
  { plural, group }: KubeRequest,
  current: KubeObject | undefined,
  next: KubeObject,
): KubeReply | undefined {
  if (plural !== 'secrets' || group !== '') return undefined;
  const { name } = next.metadata;
  if (sizeOf(next) > maxDataBytes) {
    const message = `Too long: may not be more than ${maxDataBytes} bytes`;
    return invalid('Secret', name, { reason: 'FieldValueTooLong', field: 'data', message });
  }
  if (!current) return undefined;
  if (typeOf(current) !== typeOf(next)) {
    const message = `Invalid value: "${typeOf(next)}": field is immutable`;
    return invalid('Secret', name, { reason: 'FieldValueInvalid', field: 'type', message });
  }
  if (current['immutable'] !== true) return undefined;
  const field = next['immutable'] === true ? 'data' : 'immutable';
  const isSame = field === 'data' && isDeepStrictEqual(current['data'], next['data']);
  return isSame ? undefined : invalid('Secret', name, { reason: 'FieldValueForbidden', field, message: frozen });
}

function sizeOf({ data }: KubeObject): number {
  return Object.values(toRecord(data)).reduce<number>(
    (size, value) => size + Buffer.from(String(value), 'base64').length,
    0,
  );
}

function typeOf({ type }: KubeObject): string {
  return typeof type === 'string' ? type : 'Opaque';
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}
