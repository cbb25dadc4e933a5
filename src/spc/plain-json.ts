import { resolveScalar } from './go-scalar.ts';
import { readFields } from './yaml-fields.ts';
import type { YamlNode, YamlScalar } from './yaml-node.ts';
import { complain, show, type YamlPlace } from './yaml-place.ts';

/** A part of a manifest as the API server gets it from kubectl: JSON as JSON.parse reads it. Complaints are filed at the place. */
export function toPlainJson(node: YamlNode, place: YamlPlace): unknown {
  if (!place.reading.visit(node)) return null;
  switch (node.kind) {
    case 'sequence':
      return node.items.map((item) => toPlainJson(item, place));
    case 'mapping':
      return Object.fromEntries(
        [...readFields(node, place)].map(([name, { value }]) => [name, toPlainJson(value, place)]),
      );
    case 'scalar':
      return toPlainScalar(node, place);
  }
}

/** kubectl reads YAML as yaml.v2 does: `yes` is a boolean. */
function toPlainScalar(node: YamlScalar, place: YamlPlace): unknown {
  const scalar = resolveScalar(node, 'v2');
  switch (scalar.type) {
    case 'null':
      return null;
    case 'int':
    case 'float':
      return Number(scalar.value);
    case 'timestamp':
      return node.text;
    case 'bool':
    case 'string':
      return scalar.value;
    case 'invalid':
      complain(place, node, `${show(node)} ${scalar.reason}`);
      return null;
  }
}
