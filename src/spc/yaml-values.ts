import { JsonNumber, type JsonValue } from '../core/go-json.ts';
import { type GoScalar, resolveScalar } from './go-scalar.ts';
import { isMergeKey, readFields } from './yaml-fields.ts';
import { kindNames, type YamlMapping, type YamlNode, type YamlScalar } from './yaml-node.ts';
import { complain, show, type YamlPlace } from './yaml-place.ts';

/** What the protocol's signed 32-bit field can carry. */
const maxMode = 2 ** 31 - 1;

/** Parity: text takes any scalar as it is written, and null for the empty text. */
export function readText(node: YamlNode, place: YamlPlace): string {
  const read = readScalar(node, place, 'must be text');
  if (read === undefined || read.scalar.type === 'null') return '';
  // Only a !!binary scalar reads otherwise than it is written.
  return read.scalar.type === 'string' ? read.scalar.value : read.node.text;
}

/** Parity: what yaml.v3 makes of a scalar for an unsigned 32-bit field; null is 0, a fraction is cut off. */
export function readMode(node: YamlNode, place: YamlPlace): number {
  const remedy = 'must be a number such as 0644, without quotes';
  const read = readScalar(node, place, remedy);
  if (read === undefined || read.scalar.type === 'null') return 0;
  const mode = toUint32(read.scalar);
  if (mode !== undefined && mode <= maxMode) return mode;
  complain(place, node, `is ${show(read.node)}; it ${remedy}`);
  return 0;
}

/** `true` or `false`, and null for false. */
export function readBoolean(node: YamlNode, place: YamlPlace): boolean {
  const remedy = 'must be true or false, without quotes';
  const read = readScalar(node, place, remedy);
  if (read === undefined || read.scalar.type === 'null') return false;
  if (read.scalar.type === 'bool') return read.scalar.value;
  complain(place, node, `is ${show(read.node)}; it ${remedy}`);
  return false;
}

/** A value that JSON cannot hold, found while a node was turned into JSON. */
export interface Unsendable {
  readonly node: YamlNode;
  /** The end of a sentence that starts with the place. */
  readonly reason: string;
}

/**
 * A map as JSON. Parity: the types that yaml.v3 gives untyped values (dates become timestamps), and json.Marshal, which fails on
 * what `unsendable` collects.
 */
export function readJsonMap(node: YamlMapping, place: YamlPlace, unsendable: Unsendable[]): JsonValue {
  const fields = [...readFields(node, place)];
  return new Map(fields.map(([name, { value }]) => [name, toJson(value, place, unsendable)]));
}

function toJson(node: YamlNode, place: YamlPlace, unsendable: Unsendable[]): JsonValue {
  if (!place.reading.visit(node)) return null;
  switch (node.kind) {
    case 'sequence':
      return node.items.map((item) => toJson(item, place, unsendable));
    case 'mapping':
      if (!node.entries.every(({ key }) => isTextKey(key))) {
        const reason = 'holds a map with a key that is no text, which JSON cannot hold; put the key in quotes';
        unsendable.push({ node, reason });
      }
      return readJsonMap(node, place, unsendable);
    case 'scalar':
      return scalarToJson(node, place, unsendable);
  }
}

function scalarToJson(node: YamlScalar, place: YamlPlace, unsendable: Unsendable[]): JsonValue {
  const scalar = resolveScalar(node);
  switch (scalar.type) {
    case 'null':
      return null;
    case 'int':
      return new JsonNumber(String(scalar.value));
    case 'float':
      if (!Number.isFinite(scalar.value)) {
        unsendable.push({ node, reason: `holds ${node.text}, which JSON cannot hold; put it in quotes` });
        return null;
      }
      return new JsonNumber(Object.is(scalar.value, -0) ? '-0' : String(scalar.value));
    case 'invalid':
      complain(place, node, `${show(node)} ${scalar.reason}`);
      return null;
    case 'bool':
    case 'timestamp':
    case 'string':
      return scalar.value;
  }
}

/** Parity: only below the first level; there any scalar is a key. */
function isTextKey(key: YamlNode): boolean {
  if (isMergeKey(key)) return true;
  if (key.kind !== 'scalar') return false;
  const scalar = resolveScalar(key);
  return scalar.type === 'string' && (key.tag === '' || key.tag === '!!str');
}

interface ReadScalar {
  readonly node: YamlScalar;
  readonly scalar: GoScalar;
}

function readScalar(node: YamlNode, place: YamlPlace, remedy: string): ReadScalar | undefined {
  if (!place.reading.visit(node)) return undefined;
  if (node.kind !== 'scalar') {
    complain(place, node, `is ${kindNames[node.kind]}; it ${remedy}`);
    return undefined;
  }
  const scalar = resolveScalar(node);
  if (scalar.type === 'invalid') {
    complain(place, node, `${show(node)} ${scalar.reason}`);
    return undefined;
  }
  return { node, scalar };
}

function toUint32(scalar: GoScalar): number | undefined {
  if (scalar.type !== 'int' && scalar.type !== 'float') return undefined;
  const value = Math.trunc(Number(scalar.value));
  // -0.5 is cut to -0, which stands for 0.
  return value >= 0 && value < 2 ** 32 ? Math.abs(value) : undefined;
}
