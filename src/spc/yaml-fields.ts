import { resolveScalar } from './go-scalar.ts';
import { kindNames, type YamlEntry, type YamlMapping, type YamlNode, type YamlScalar } from './yaml-node.ts';
import { complain, show, type YamlPlace } from './yaml-place.ts';

export interface YamlField {
  readonly key: YamlScalar;
  readonly value: YamlNode;
}

/**
 * The fields of a map by name, merged ones (`<<`) included. Parity: yaml.v3. A name given twice is an error, even when one
 * of them is quoted; what stands in the map wins over what is merged into it, the first of a list of maps over the next.
 */
export function readFields(mapping: YamlMapping, place: YamlPlace): ReadonlyMap<string, YamlField> {
  const fields = new Map<string, YamlField>();
  if (!place.reading.visit(mapping)) return fields;
  checkUnique(mapping, place);
  for (const { key, value } of mapping.entries) {
    if (isMergeKey(key)) continue;
    const name = readKey(key, place);
    if (name !== undefined && key.kind === 'scalar') fields.set(name, { key, value });
  }
  for (const merged of mapping.entries.filter(({ key }) => isMergeKey(key)).flatMap((entry) => toMaps(entry, place))) {
    for (const [name, field] of readFields(merged, place)) {
      if (!fields.has(name)) fields.set(name, field);
    }
  }
  return fields;
}

/** The text `<<` without quotes. */
export function isMergeKey(key: YamlNode): boolean {
  if (key.kind !== 'scalar' || key.text !== '<<') return false;
  return key.tag === '!!merge' || (key.tag === '' && key.style === 'plain');
}

function checkUnique(mapping: YamlMapping, place: YamlPlace): void {
  const lines = new Map<string, number>();
  for (const { key } of mapping.entries) {
    const text = key.kind === 'scalar' ? key.text : '';
    const identity = `${key.kind} ${text}`;
    const first = lines.get(identity);
    if (first === undefined) lines.set(identity, key.line);
    else complain(place, key, `has the key ${JSON.stringify(text)} a second time (first in line ${first}); remove one`);
  }
}

/** Undefined: a null key, which yaml.v3 skips, or one that was complained about. */
function readKey(key: YamlNode, place: YamlPlace): string | undefined {
  if (!place.reading.visit(key)) return undefined;
  if (key.kind !== 'scalar') {
    complain(place, key, `has ${kindNames[key.kind]} as a key; keys must be text`);
    return undefined;
  }
  const scalar = resolveScalar(key);
  if (scalar.type === 'null') return undefined;
  if (scalar.type === 'invalid') {
    complain(place, key, `the key ${show(key)} ${scalar.reason}`);
    return undefined;
  }
  return scalar.type === 'string' ? scalar.value : key.text;
}

function toMaps({ value }: YamlEntry, place: YamlPlace): readonly YamlMapping[] {
  const maps = value.kind === 'sequence' ? value.items : [value];
  return maps.flatMap((node) => {
    if (node.kind === 'mapping') return [node];
    complain(place, node, 'merges (`<<`) something that is no map; merge a map or a list of maps');
    return [];
  });
}
