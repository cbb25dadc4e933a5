import { checkJmesPath } from '../core/jmes-path.ts';
import { AwsFields, isNull } from './aws-fields.ts';
import { readMode, readPath } from './aws-file.ts';
import { quote } from './aws-name.ts';
import { kindNames, type YamlMapping, type YamlNode } from './yaml-node.ts';
import { complain, type YamlPlace } from './yaml-place.ts';

/** One entry of `jmesPath`: a part of a secret that becomes a file of its own. */
export interface AwsJmesEntry {
  /** `jmesPath[0]`. */
  readonly at: string;
  /** Of the alias. */
  readonly line: number;
  readonly path: string;
  readonly expression: string;
  /** Undefined: that of the object. */
  readonly mode: number | undefined;
  readonly optional: boolean;
}

const entryFields = ['path', 'objectAlias', 'filePermission', 'optional'] as const;

export interface JmesContext {
  /** Of the object. */
  readonly place: YamlPlace;
  readonly translation: string | undefined;
}

/** Files its problems. Parity: null is an empty list, and a null entry an empty one. */
export function readJmesEntries(node: YamlNode | undefined, context: JmesContext): readonly AwsJmesEntry[] {
  if (node === undefined) return [];
  const { place } = context;
  if (node.kind !== 'sequence') {
    complain({ ...place, path: `${place.path}.jmesPath` }, node, `is ${kindNames[node.kind]}; it must be a list`);
    return [];
  }
  return node.items.flatMap((item, index) => {
    const at = `jmesPath[${index}]`;
    const itemPlace = { ...place, path: `${place.path}.${at}` };
    if (item.kind === 'mapping') return [readEntry(item, at, { ...context, place: itemPlace })];
    const what = isNull(item) ? 'empty' : kindNames[item.kind];
    complain(itemPlace, item, `is ${what}; it must be a map with path and objectAlias`);
    return [];
  });
}

function readEntry(mapping: YamlMapping, at: string, { place, translation }: JmesContext): AwsJmesEntry {
  const fields = new AwsFields(mapping, place, entryFields);
  const expression = fields.text('path');
  const alias = fields.text('objectAlias');
  if (expression === '') fields.complain('path', 'is missing; write which part of the secret is meant');
  else checkExpression(expression, fields);
  if (alias === '') fields.complain('objectAlias', 'is missing; it names the file');
  return {
    at,
    line: fields.lineOf('objectAlias'),
    path: readPath(alias, 'objectAlias', { fields, translation }),
    expression,
    mode: readMode(fields),
    optional: fields.boolean('optional'),
  };
}

/** The official provider finds out when it has read the secret. */
function checkExpression(expression: string, fields: Pick<AwsFields<'path'>, 'complain'>): void {
  const reason = checkJmesPath(expression);
  if (reason !== undefined) fields.complain('path', `${quote(expression)} ${reason}`);
}
