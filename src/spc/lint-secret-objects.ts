import { nearest } from '../core/nearest.ts';
import type { PlannedObject } from '../core/plan.ts';
import type { ClassManifest } from './class-manifest.ts';
import type { Remark } from './finding.ts';
import { readFields, type YamlField } from './yaml-fields.ts';
import type { YamlMapping, YamlNode } from './yaml-node.ts';
import { complain, under, type YamlPlace, YamlReading } from './yaml-place.ts';
import { readText } from './yaml-values.ts';

const path = 'secretObjects';
/** A few hundred objects of any length; aliases may repeat them. */
const budget = 1024 * 1024;
const tlsType = 'kubernetes.io/tls';
const tlsKeys: ReadonlySet<string> = new Set(['tls.crt', 'tls.key']);

/** What the sync of the driver refuses late, one object at a time. `objects`: what is mounted; undefined: unknown. */
export function lintSecretObjects(
  { secretObjects, lines, line }: ClassManifest,
  objects: readonly PlannedObject[] | undefined,
): readonly Remark[] {
  if (secretObjects === undefined) return [];
  const remarks: Remark[] = [];
  const reading = new YamlReading(budget);
  const context: Context = { place: { path, reading }, remarks, mounted: toMounted(objects) };
  if (secretObjects.kind === 'sequence') {
    for (const [index, node] of secretObjects.items.entries()) lintSecretObject(node, nested(context, `[${index}]`));
  } else {
    complain(context.place, secretObjects, 'must be a list of objects with secretName, type and data');
  }
  const invalid = reading.problems.map((problem) => toInvalid(problem, lines.get(path) ?? line));
  return [...invalid, ...remarks];
}

interface Context {
  readonly place: YamlPlace;
  readonly remarks: Remark[];
  /** Paths of files; undefined: not known beforehand. */
  readonly mounted: ReadonlySet<string> | undefined;
}

/** The files of an expanded object are known only when it is read. */
function toMounted(objects: readonly PlannedObject[] | undefined): ReadonlySet<string> | undefined {
  if (objects === undefined || objects.some(({ expand }) => expand)) return undefined;
  return new Set(objects.map((object) => object.path));
}

function nested(context: Context, suffix: string): Context {
  return { ...context, place: { ...context.place, path: context.place.path + suffix } };
}

function lintSecretObject(node: YamlNode, context: Context): void {
  if (node.kind !== 'mapping') {
    complain(context.place, node, 'must be a map with secretName, type and data');
    return;
  }
  const fields = readFields(node, context.place);
  requireText('secretName', { fields, node, place: context.place }, 'name the Secret to keep');
  const type = requireText(
    'type',
    { fields, node, place: context.place },
    'name the type of the Secret, such as Opaque',
  );
  const data = fields.get('data');
  if (data?.value.kind !== 'sequence' || data.value.items.length === 0) {
    complain(under(context.place, 'data'), data?.key ?? node, 'must be a list of objectName and key, and not empty');
    return;
  }
  for (const [index, item] of data.value.items.entries()) lintDatum(item, nested(context, `.data[${index}]`), type);
}

function lintDatum(node: YamlNode, context: Context, type: string): void {
  const { place, remarks } = context;
  if (node.kind !== 'mapping') {
    complain(place, node, 'must be a map with objectName and key');
    return;
  }
  const fields = readFields(node, place);
  const objectName = requireText('objectName', { fields, node, place }, 'name one of the objects');
  const key = requireText('key', { fields, node, place }, 'name the key inside the Secret');
  const lineOf = (name: string): number => fields.get(name)?.key.line ?? node.line;
  if (objectName !== '' && context.mounted?.has(objectName) === false) {
    remarks.push(toUnmounted(objectName, context.mounted, { path: place.path, line: lineOf('objectName') }));
  }
  if (type === tlsType && key !== '' && !tlsKeys.has(key)) {
    const message = `is ${JSON.stringify(key)}; the driver's sync takes tls.crt and tls.key only for the type ${tlsType}`;
    const at = { path: `${place.path}.key`, line: lineOf('key') };
    remarks.push({ ...at, severity: 'warning', rule: 'secret-object-tls-key', message });
  }
}

interface TextSource {
  readonly fields: ReadonlyMap<string, YamlField>;
  readonly node: YamlMapping;
  readonly place: YamlPlace;
}

function requireText(name: string, { fields, node, place }: TextSource, remedy: string): string {
  const field = fields.get(name);
  const at = under(place, name);
  const before = place.reading.problems.length;
  const text = field === undefined ? '' : readText(field.value, at);
  if (text === '' && place.reading.problems.length === before)
    complain(at, field?.key ?? node, `is missing; ${remedy}`);
  return text;
}

function toUnmounted(name: string, mounted: ReadonlySet<string>, at: { path: string; line: number }): Remark {
  const meant = nearest(name, mounted);
  const hint = meant === undefined ? '' : `; did you mean ${JSON.stringify(meant)}?`;
  const message = `is ${JSON.stringify(name)}, which is no objectName of the parameter objects${hint}`;
  return { path: `${at.path}.objectName`, line: at.line, severity: 'error', rule: 'secret-object-unmounted', message };
}

function toInvalid(problem: { path: string; line?: number; message: string }, line: number): Remark {
  const { path: at, message } = problem;
  return { path: at, line: problem.line ?? line, severity: 'error', rule: 'secret-object-invalid', message };
}
