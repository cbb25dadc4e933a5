import type { KubeObject } from '../../src/kube/objects.ts';

/**
 * The parts of an object that somebody can own: `labels NAME`, `annotations NAME`, `owners UID`, `data KEY`, and every other
 * member as a whole (` spec`, ` status`). The real API server goes deeper.
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

const sections = { labels: 'f:labels', annotations: 'f:annotations', owners: 'f:ownerReferences' } as const;

export function toFields(object: Partial<KubeObject>): Fields {
  const { metadata, data, apiVersion: _apiVersion, kind: _kind, ...rest } = object;
  const { labels = {}, annotations = {}, ownerReferences = [] } = metadata ?? {};
  const owners = Object.fromEntries(ownerReferences.map((owner) => [owner.uid, owner]));
  const parts = { labels, annotations, owners, data: toRecord(data), '': rest };
  return new Map(
    Object.entries(parts).flatMap(([section, members]) =>
      Object.entries(members).map(([name, value]): [string, unknown] => [`${section} ${name}`, value]),
    ),
  );
}

/** The object that has these fields and nothing else; of `base` it takes what nobody owns. */
export function fromFields(base: KubeObject, fields: Fields): KubeObject {
  const { labels: _labels, annotations: _annotations, ownerReferences: _owners, ...metadata } = base.metadata;
  const part = (section: string): Record<string, unknown> => pick(fields, section);
  const owners = Object.values(part('owners'));
  const { apiVersion, kind } = base;
  // The fields came out of objects, so what goes back is of the same shape.
  const named = { ...metadata, ...members('labels'), ...members('annotations') } as KubeObject['metadata'];
  return {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    ...part(''),
    ...members('data'),
    metadata: { ...named, ...(owners.length > 0 && { ownerReferences: owners as KubeObject['metadata'][] & [] }) },
  };

  function members(section: string): object {
    const found = part(section);
    return Object.keys(found).length > 0 ? { [section]: found } : {};
  }
}

export function toOwnerships({ metadata }: KubeObject): readonly Ownership[] {
  return (metadata.managedFields ?? []).map((entry) => {
    // The entries are of toManagedFields, or were written by a test in the same shape.
    const { fieldsV1, ...manager } = entry as FieldManager & { readonly fieldsV1: Record<string, unknown> };
    return { ...manager, fields: new Set(readFields(fieldsV1)) };
  });
}

/** `metadata.managedFields` in the shape of the API server; who owns nothing is left out. */
export function toManagedFields(ownerships: readonly Ownership[]): readonly object[] {
  return ownerships
    .filter(({ fields }) => fields.size > 0)
    .map(({ fields, subresource, ...manager }) => ({
      ...manager,
      fieldsType: 'FieldsV1',
      fieldsV1: writeFields(fields),
      ...(subresource !== undefined && { subresource }),
    }));
}

function pick(fields: Fields, section: string): Record<string, unknown> {
  const found = [...fields].filter(([field]) => field.startsWith(`${section} `));
  return Object.fromEntries(found.map(([field, value]) => [field.slice(section.length + 1), value]));
}

function writeFields(fields: ReadonlySet<string>): object {
  const metadata: Record<string, Record<string, object>> = {};
  const whole: Record<string, Record<string, object>> = {};
  for (const field of fields) {
    const [section = ''] = field.split(' ', 1);
    const name = field.slice(section.length + 1);
    if (section === '') whole[`f:${name}`] = {};
    else if (section === 'data') (whole['f:data'] ??= {})[`f:${name}`] = {};
    else if (section === 'owners') (metadata['f:ownerReferences'] ??= {})[`k:${JSON.stringify({ uid: name })}`] = {};
    else (metadata[`f:${section}`] ??= {})[`f:${name}`] = {};
  }
  return { ...whole, ...(Object.keys(metadata).length > 0 && { 'f:metadata': metadata }) };
}

function readFields(fieldsV1: Record<string, unknown>): string[] {
  const { 'f:metadata': metadata, 'f:data': data, ...whole } = fieldsV1;
  const owned = toRecord(metadata);
  return [
    ...Object.keys(whole).map((name) => ` ${name.slice(2)}`),
    ...Object.keys(toRecord(data)).map((name) => `data ${name.slice(2)}`),
    ...Object.entries(sections).flatMap(([section, key]) =>
      Object.keys(toRecord(owned[key])).map((name) => `${section} ${toFieldName(name)}`),
    ),
  ];
}

function toFieldName(name: string): string {
  if (name.startsWith('f:')) return name.slice(2);
  return (JSON.parse(name.slice(2)) as { readonly uid: string }).uid;
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
