import type { SecretObject } from './secret-object.ts';

/** The entry without the keys of optional objects that their store does not have. `absent`: paths of those. */
export function withoutAbsent(object: SecretObject, absent: ReadonlySet<string>): SecretObject {
  if (object.data === undefined || absent.size === 0) return object;
  return { ...object, data: object.data.filter(({ objectName }) => !absent.has(objectName)) };
}
