import { isDeepStrictEqual } from 'node:util';

import type { KubeObject } from '../../src/kube/objects.ts';
import {
  describeField,
  type FieldManager,
  fromFields,
  type Ownership,
  toFields,
  toManagedFields,
  toOwnerships,
} from './kube-fields.ts';

export interface Applied {
  readonly object: KubeObject;
  /** `conflict with "kubectl": .data.a`, one for each field of another; nothing is applied then. */
  readonly conflicts: readonly string[];
}

export interface ApplyAs extends FieldManager {
  readonly force: boolean;
}

/** Server-side apply: what the manager applied before and leaves out now goes, unless others have it too. */
export function applyFields(current: KubeObject, applied: Partial<KubeObject>, as: ApplyAs): Applied {
  const wanted = toFields(applied);
  const fields = new Map(toFields(current));
  const ownerships = toOwnerships(current);
  const others = ownerships.filter((ownership) => !isSame(ownership, as));
  const differs = (field: string): boolean => !isDeepStrictEqual(fields.get(field), wanted.get(field));
  const contested = [...wanted.keys()].filter(differs);
  const conflicts = contested.flatMap((field) =>
    others
      .filter((other) => other.fields.has(field))
      .map((other) => `conflict with "${other.manager}": ${describeField(field)}`),
  );
  if (!as.force && conflicts.length > 0) return { object: current, conflicts };

  const left = others.map((other) => ({ ...other, fields: other.fields.difference(new Set(contested)) }));
  const before = ownerships.find((ownership) => isSame(ownership, as))?.fields ?? new Set<string>();
  for (const field of before) {
    if (!wanted.has(field) && !left.some((other) => other.fields.has(field))) fields.delete(field);
  }
  for (const [field, value] of wanted) fields.set(field, value);
  const own: Ownership = { ...pickManager(as), fields: new Set(wanted.keys()) };
  return { object: withOwners(fromFields(current, fields), [...left, own]), conflicts: [] };
}

/** An update or a patch: the manager owns what it changed, and nobody owns what is gone. */
export function updateFields(current: KubeObject | undefined, next: KubeObject, as: FieldManager): KubeObject {
  if (next.metadata.managedFields?.length === 0) return next;
  const before = current ? toFields(current) : new Map<string, unknown>();
  const after = toFields(next);
  const changed = new Set([...after.keys()].filter((field) => !isDeepStrictEqual(before.get(field), after.get(field))));
  const ownerships = current ? toOwnerships(current) : [];
  const own = ownerships.find((ownership) => isSame(ownership, as))?.fields ?? new Set<string>();
  const all = [
    ...ownerships
      .filter((ownership) => !isSame(ownership, as))
      .map((other) => ({ ...other, fields: other.fields.difference(changed) })),
    { ...pickManager(as), fields: own.union(changed) },
  ];
  const present = new Set(after.keys());
  return withOwners(
    next,
    all.map((ownership) => ({ ...ownership, fields: ownership.fields.intersection(present) })),
  );
}

function withOwners(object: KubeObject, ownerships: readonly Ownership[]): KubeObject {
  return { ...object, metadata: { ...object.metadata, managedFields: toManagedFields(ownerships) } };
}

function isSame(a: FieldManager, b: FieldManager): boolean {
  return a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource;
}

function pickManager({ manager, operation, subresource }: FieldManager): FieldManager {
  return { manager, operation, subresource };
}
