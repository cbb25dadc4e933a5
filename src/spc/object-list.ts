import { checkFilePath, findPathCollisions } from '../core/file-path.ts';
import type { Problem } from '../core/problem.ts';
import { resolveScalar } from './go-scalar.ts';
import { parseYaml } from './yaml-document.ts';
import { kindNames, type YamlMapping, type YamlNode } from './yaml-node.ts';
import { complain, show, type YamlPlace, YamlReading } from './yaml-place.ts';

/** A mount writes that many files in the time kubelet gives it, and not many more. */
const maxObjects = 1000;
/** Bounds the work before anything is known about the text. */
const maxTextLength = 512 * 1024;
const place = 'parameters.objects';

/** A file that an entry asks for, and the field that names it. */
export interface NamedFile {
  readonly path: string;
  /** `objects[2]`. */
  readonly entry: string;
  /** `objectName`, `jmesPath[0].objectAlias`. */
  readonly field: string;
  /** Of that field, inside the text of `objects`. */
  readonly line: number;
}

/** What the dialects differ in when they read their lists. */
export interface ObjectListRules<T> {
  /** The fields that no entry lacks, for messages. */
  readonly fields: string;
  /** `refused`: a list without objects, and an entry that is null, are mistakes; `ignored`: they ask for nothing. */
  readonly emptyList: 'refused' | 'ignored';
  readonly nullEntry: 'refused' | 'ignored';
  /** Files its problems at the place. Nothing: too much is wrong to go on with the entry. */
  readonly readEntry: (mapping: YamlMapping, place: YamlPlace) => readonly T[];
  readonly toFile: (object: T) => NamedFile;
  /** What to do about a second file of one name. */
  readonly remedy: string;
}

export interface ObjectList<T> {
  /** Those that are wrong stand in the problems only. */
  readonly objects: readonly T[];
  readonly reading: YamlReading;
}

/**
 * Reads the text of the parameter `objects`: a YAML list. Never throws; every problem at once, with its line in the text.
 * Parity: only the first document counts.
 */
export function readObjectList<T>(text: string, rules: ObjectListRules<T>): ObjectList<T> {
  if (text.length > maxTextLength) {
    const limits = `${maxTextLength} characters and ${maxObjects} objects are the limit`;
    return refuse(`is ${text.length} characters long; ${limits}: split the class`);
  }
  const [document] = parseYaml(text).take(1);
  const reading = new YamlReading(2 * maxTextLength);
  const mistakes = document?.mistakes ?? [];
  if (mistakes.length > 0) {
    reading.problems.push(...mistakes.map((mistake) => ({ path: place, ...mistake })));
    return { objects: [], reading };
  }
  const objects = readList(document?.root, { path: place, reading }, rules);
  if (reading.exhausted) return refuse('repeats itself too often through aliases; write the objects out');
  reading.problems.push(...findClashes(objects.map(rules.toFile), rules.remedy));
  return { objects, reading };
}

function refuse(message: string): ObjectList<never> {
  const reading = new YamlReading(0);
  reading.problems.push({ path: place, message });
  return { objects: [], reading };
}

function readList<T>(root: YamlNode | undefined, at: YamlPlace, rules: ObjectListRules<T>): readonly T[] {
  const remedy = `must be a list of objects, each with ${rules.fields}`;
  const isRefused = rules.emptyList === 'refused';
  if (root === undefined || isNull(root)) {
    if (isRefused) at.reading.problems.push({ path: at.path, message: `is empty; it ${remedy}` });
    return [];
  }
  if (root.kind !== 'sequence') {
    complain(at, root, `is ${root.kind === 'scalar' ? show(root) : kindNames[root.kind]}; it ${remedy}`);
    return [];
  }
  if (root.items.length > maxObjects) {
    complain(at, root, `lists ${root.items.length} objects; ${maxObjects} are the limit: split the class`);
    return [];
  }
  const entries = root.items
    .map((node, index) => ({ node, path: `objects[${index}]` }))
    .filter(({ node }) => rules.nullEntry === 'refused' || !isNull(node));
  if (entries.length === 0 && isRefused) complain(at, root, `lists no object; it ${remedy}`);
  return entries.flatMap(({ node, path }) => readEntry(node, { ...at, path }, rules));
}

function readEntry<T>(node: YamlNode, at: YamlPlace, { fields, readEntry: read }: ObjectListRules<T>): readonly T[] {
  if (node.kind === 'mapping') return read(node, at);
  const what = node.kind === 'scalar' ? (isNull(node) ? 'empty' : show(node)) : kindNames[node.kind];
  complain(at, node, `is ${what}; it must be a map with ${fields}`);
  return [];
}

function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && resolveScalar(node).type === 'null';
}

/** Two files of one name, or a file where another needs a directory. */
function findClashes(files: readonly NamedFile[], remedy: string): readonly Problem[] {
  const firsts = new Map<string, NamedFile>();
  const problems: Problem[] = [];
  for (const file of files) {
    const first = firsts.get(file.path);
    if (first === undefined) firsts.set(file.path, file);
    else problems.push(clash(file, `is the name of ${first.entry} too; ${remedy}`));
  }
  const paths = [...firsts.keys()].filter((path) => checkFilePath(path) === undefined);
  for (const { path, other } of findPathCollisions(paths)) {
    const file = firsts.get(other);
    if (file !== undefined) {
      problems.push(clash(file, `lies below ${JSON.stringify(path)}, which is a file; rename one of the two`));
    }
  }
  return problems;
}

function clash({ entry, field, line, path }: NamedFile, message: string): Problem {
  return { path: `${entry}.${field}`, line, message: `${JSON.stringify(path)} ${message}` };
}
