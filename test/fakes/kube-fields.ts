import type { KubeObject } from '../../src/kube/objects.ts';

/**
 * The parts of an object that somebody can own, by path: the segments of managedFields as JSON (`["f:data","f:a"]`). Maps are
 * entered; lists are one part, but for owner references (by uid) and conditions (by type).
 */
export type Fields = ReadonlyMap<string, unknown>;

export interface FieldManager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource?: string | undefined;
}

/** An entry of `metadata.managedFields`, read. */
export interface Ownership extends FieldManager {
  readonly fields: ReadonlySet<string>;
}

type Members = Readonly<Record<string, unknown>>;

const ownable = ['labels', 'annotations', 'ownerReferences'];
/** Lists with keys, by path. */
const keyed: ReadonlyMap<string, string> = new Map([
  ['f:metadata/f:ownerReferences', 'uid'],
  ['f:status/f:conditions', 'type'],
]);

export function toFields({ metadata, apiVersion: _apiVersion, kind: _kind, ...rest }: Partial<KubeObject>): Fields {
  const owned = Object.entries(metadata ?? {}).filter(([name]) => ownable.includes(name));
  return new Map([...walk({ metadata: Object.fromEntries(owned) }, []), ...walk(rest, [])]);
}

/** The object that has these fields and nothing else; of `base` it takes what nobody owns. */
export function fromFields(base: KubeObject, fields: Fields): KubeObject {
  const metadata = Object.fromEntries(Object.entries(base.metadata).filter(([name]) => !ownable.includes(name)));
  const { apiVersion, kind } = base;
  const object: Record<string, unknown> = {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    metadata,
  };
  for (const [field, value] of fields) put(object, segmentsOf(field), value);
  // The fields came out of objects, so what goes back is of the same shape.
  return object as unknown as KubeObject;
}

export function toOwnerships({ metadata }: KubeObject): readonly Ownership[] {
  return (metadata.managedFields ?? []).map((entry) => {
    // The entries are of toManagedFields, or were written by a test in the same shape.
    const { fieldsV1, ...manager } = entry as FieldManager & { readonly fieldsV1: Members };
    return { ...manager, fields: new Set(readTree(fieldsV1, [])) };
  });
}

/** `metadata.managedFields` in the shape of the API server; who owns nothing is left out. */
export function toManagedFields(ownerships: readonly Ownership[]): readonly object[] {
  return ownerships
    .filter(({ fields }) => fields.size > 0)
    .map(({ fields, subresource, ...manager }) => ({
      ...manager,
      fieldsType: 'FieldsV1',
      fieldsV1: writeTree(fields),
      ...(subresource !== undefined && { subresource }),
    }));
}

/** As the API server names a field: `.data.a`, `.metadata.ownerReferences[uid="1"]`. */
export function describeField(field: string): string {
  return segmentsOf(field).map(describeSegment).join('');
}

function describeSegment(segment: string): string {
  if (segment.startsWith('f:')) return `.${segment.slice(2)}`;
  const [entry] = Object.entries(membersOf(JSON.parse(segment.slice(2))));
  return `[${entry?.[0]}=${JSON.stringify(entry?.[1])}]`;
}

function segmentsOf(field: string): readonly string[] {
  // Written by walk.
  return JSON.parse(field) as readonly string[];
}

function* walk(value: unknown, path: readonly string[]): Generator<[string, unknown]> {
  const key = Array.isArray(value) ? keyed.get(path.join('/')) : undefined;
  if (key !== undefined) {
    // The schema wants objects there.
    for (const item of value as readonly Members[]) {
      yield [JSON.stringify([...path, `k:${JSON.stringify({ [key]: item[key] })}`]), item];
    }
    return;
  }
  const members = Array.isArray(value) ? [] : Object.entries(membersOf(value));
  if (members.length > 0) for (const [name, member] of members) yield* walk(member, [...path, `f:${name}`]);
  else if (path.length > 0 && path.join() !== 'f:metadata') yield [JSON.stringify(path), value];
}

function put(object: Record<string, unknown>, [segment = '', ...rest]: readonly string[], value: unknown): void {
  const name = segment.slice(2);
  const [next] = rest;
  // An empty map takes away nothing.
  if (next === undefined) object[name] = isEmptyMap(value) ? (object[name] ?? value) : value;
  else if (next.startsWith('k:')) object[name] = [...((object[name] as readonly unknown[] | undefined) ?? []), value];
  else put((object[name] = { ...membersOf(object[name]) }), rest, value);
}

function isEmptyMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

function writeTree(fields: ReadonlySet<string>): object {
  const tree: Record<string, object> = {};
  for (const field of fields) {
    let node = tree;
    for (const segment of segmentsOf(field)) node = (node[segment] ??= {}) as Record<string, object>;
  }
  return tree;
}

function readTree(node: Members, path: readonly string[]): readonly string[] {
  const members = Object.entries(node).filter(([segment]) => segment !== '.');
  if (members.length === 0) return path.length > 0 ? [JSON.stringify(path)] : [];
  return members.flatMap(([segment, child]) => readTree(membersOf(child), [...path, segment]));
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}
