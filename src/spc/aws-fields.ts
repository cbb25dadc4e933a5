import { compareUtf8 } from '../core/go-json.ts';
import { nearest } from '../core/nearest.ts';
import { formatGoFloat32 } from './go-float.ts';
import { type GoScalar, resolveScalar } from './go-scalar.ts';
import { isMergeKey, type YamlField } from './yaml-fields.ts';
import { kindNames, type YamlMapping, type YamlNode } from './yaml-node.ts';
import { complain, show, under, type YamlPlace } from './yaml-place.ts';

/**
 * The fields of a map as the official AWS provider reads them. Parity: yaml.v2, then JSON into a struct: names in any case,
 * of which the last in byte order that is not null decides (the exact spelling beats capitals); the last of equal keys wins,
 * merged ones (`<<`) included; null is no value; numbers and booleans become text.
 */
export class AwsFields<Name extends string> {
  readonly #mapping: YamlMapping;
  readonly #place: YamlPlace;
  readonly #names: readonly Name[];
  readonly #fields: ReadonlyMap<Name, YamlField>;
  readonly #unreadable = new Set<Name>();

  constructor(mapping: YamlMapping, place: YamlPlace, names: readonly Name[]) {
    this.#mapping = mapping;
    this.#place = place;
    this.#names = names;
    this.#fields = this.#match(readEntries(mapping, place));
  }

  /** Empty: there is none, or it could not be read. */
  text(name: Name): string {
    const value = this.node(name);
    if (value === undefined || !this.#place.reading.visit(value)) return '';
    if (value.kind !== 'scalar') {
      this.#complainOf(name, value, `is ${kindNames[value.kind]}; it must be text`);
      return '';
    }
    const scalar = resolveScalar(value, 'v2');
    if (scalar.type === 'invalid') this.#complainOf(name, value, `${show(value)} ${scalar.reason}`);
    return toText(scalar, value.text);
  }

  /** For fields of our own. False: there is none. */
  boolean(name: Name): boolean {
    const text = this.text(name);
    if (text !== '' && text !== 'true' && text !== 'false') {
      this.complain(name, `is ${JSON.stringify(text.slice(0, 60))}; it must be true or false`);
    }
    return text === 'true';
  }

  /** Undefined: there is none, or it is null. */
  node(name: Name): YamlNode | undefined {
    return this.#fields.get(name)?.value;
  }

  lineOf(name: Name): number {
    return this.#fields.get(name)?.key.line ?? this.#mapping.line;
  }

  /** Says nothing about a field that could not even be read. */
  complain(name: Name, message: string): void {
    if (this.#unreadable.has(name)) return;
    this.#place.reading.problems.push({ path: `${this.#place.path}.${name}`, line: this.lineOf(name), message });
  }

  #complainOf(name: Name, node: YamlNode, message: string): void {
    this.#unreadable.add(name);
    complain(under(this.#place, name), node, message);
  }

  #match(entries: ReadonlyMap<string, YamlField>): ReadonlyMap<Name, YamlField> {
    const fields = new Map<Name, YamlField>();
    // The flags give Unicode's simple case folding, which is Go's.
    const patterns = this.#names.map((name) => [name, new RegExp(`^${name}$`, 'iu')] as const);
    for (const [key, field] of [...entries].toSorted(([a], [b]) => compareUtf8(a, b))) {
      const name = patterns.find(([, pattern]) => pattern.test(key))?.[0];
      if (name === undefined) this.#remarkUnknown(key, field);
      else if (!isNull(field.value)) fields.set(name, field);
    }
    return fields;
  }

  /** Parity: they are ignored. */
  #remarkUnknown(key: string, { key: { line } }: YamlField): void {
    const meant = nearest(key, this.#names);
    const message = `is not known and ignored${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    const path = `${this.#place.path}.${key}`;
    this.#place.reading.remarks.push({ severity: 'warning', rule: 'field-unknown', path, line, message });
  }
}

/** Whether yaml.v2 takes the node for null. */
export function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && resolveScalar(node, 'v2').type === 'null';
}

/** By key, in the order of the text, what is merged in at its place. */
function readEntries(mapping: YamlMapping, place: YamlPlace): ReadonlyMap<string, YamlField> {
  const entries = new Map<string, YamlField>();
  if (!place.reading.visit(mapping)) return entries;
  for (const { key, value } of mapping.entries) {
    const fields = isMergeKey(key) ? readMerged(value, place) : readEntry(key, value, place);
    for (const [name, field] of fields) entries.set(name, field);
  }
  return entries;
}

function readMerged(value: YamlNode, place: YamlPlace): readonly (readonly [string, YamlField])[] {
  return toMaps(value, place).flatMap((merged) => [...readEntries(merged, place)]);
}

function readEntry(key: YamlNode, value: YamlNode, place: YamlPlace): readonly (readonly [string, YamlField])[] {
  if (key.kind !== 'scalar') {
    complain(place, key, `has ${kindNames[key.kind]} as a key; keys must be text`);
    return [];
  }
  const name = readKey(resolveScalar(key, 'v2'), key.text);
  if (name !== undefined) return [[name, { key, value }]];
  complain(place, key, `has the key ${show(key)}, which is no text`);
  return [];
}

/** Parity: the first of a list of maps wins over the next. */
function toMaps(value: YamlNode, place: YamlPlace): readonly YamlMapping[] {
  const nodes = value.kind === 'sequence' ? value.items.toReversed() : [value];
  return nodes.flatMap((node) => {
    if (node.kind === 'mapping') return [node];
    complain(place, node, 'merges (`<<`) something that is no map; merge a map or a list of maps');
    return [];
  });
}

function readKey(scalar: GoScalar, text: string): string | undefined {
  return scalar.type === 'null' || scalar.type === 'invalid' ? undefined : toText(scalar, text);
}

function toText(scalar: GoScalar, text: string): string {
  switch (scalar.type) {
    case 'null':
    case 'invalid':
      return '';
    case 'bool':
    case 'int':
      return String(scalar.value);
    case 'float':
      return formatGoFloat32(scalar.value);
    case 'timestamp':
      return text;
    case 'string':
      return scalar.value;
  }
}
