import { marshalGo } from '../core/go-json.ts';
import { resolveScalar } from './go-scalar.ts';
import { kindNames, type YamlNode } from './yaml-node.ts';
import { complain, show, type YamlPlace } from './yaml-place.ts';
import { readJsonMap, type Unsendable } from './yaml-values.ts';

/** `secretArgs`: the body of a request. */
export interface VaultArguments {
  /** Canonical JSON; undefined: none. */
  readonly json?: string;
  /** Why JSON cannot hold them, as the end of a sentence that starts with the place. */
  readonly unsendable?: string;
}

/** Parity: a map or null; an empty map is a body. */
export function readArguments(node: YamlNode, place: YamlPlace): VaultArguments {
  if (node.kind !== 'mapping') {
    if (node.kind === 'scalar' && resolveScalar(node).type === 'null') return {};
    const shown = node.kind === 'scalar' ? show(node) : kindNames[node.kind];
    complain(place, node, `is ${shown}; it must be a map of the arguments`);
    return {};
  }
  const unsendable: Unsendable[] = [];
  const value = readJsonMap(node, place, unsendable);
  const [first] = unsendable;
  if (first !== undefined) return { unsendable: first.reason };
  return { json: marshalGo(value) };
}
