import { checkFilePath, findPathCollisions } from '../core/file-path.ts';
import type { Parsed, Problem } from '../core/problem.ts';
import { resolveScalar } from './go-scalar.ts';
import { readVaultObject, type VaultObject } from './vault-object.ts';
import { parseYaml } from './yaml-document.ts';
import { kindNames, type YamlNode } from './yaml-node.ts';
import { complain, show, type YamlPlace, YamlReading } from './yaml-place.ts';

/** A mount writes that many files in the time kubelet gives it, and not many more. */
const maxObjects = 1000;
/** Bounds the work before anything is known about the text. */
const maxTextLength = 512 * 1024;
const place = 'parameters.objects';

/**
 * Reads the text of the parameter `objects`: a YAML list. Never throws; every problem at once, with its line in the text.
 * Parity: yaml.v3 on a list of structs; only the first document counts, null entries are left out.
 */
export function parseVaultObjects(text: string): Parsed<readonly VaultObject[]> {
  const { objects, reading } = readVaultObjects(text);
  return reading.problems.length > 0 ? { ok: false, problems: reading.problems } : { ok: true, value: objects };
}

/** The same with everything that was noticed; objects that are wrong stand in the problems only. */
export function readVaultObjects(text: string): { objects: readonly VaultObject[]; reading: YamlReading } {
  if (text.length > maxTextLength) {
    const limits = `${maxTextLength} characters and ${maxObjects} objects are the limit`;
    return refuse(`is ${text.length} characters long; ${limits}: split the class`);
  }
  const [document] = parseYaml(text).take(1);
  const reading = new YamlReading(2 * maxTextLength);
  if (document === undefined || document.mistakes.length > 0) {
    reading.problems.push(...(document?.mistakes ?? []).map((mistake) => ({ path: place, ...mistake })));
    return { objects: [], reading };
  }
  const objects = readList(document.root, { path: place, reading });
  if (reading.exhausted) return refuse('repeats itself too often through aliases; write the objects out');
  reading.problems.push(...findClashes(objects));
  return { objects, reading };
}

function refuse(message: string): ReturnType<typeof readVaultObjects> {
  const reading = new YamlReading(0);
  reading.problems.push({ path: place, message });
  return { objects: [], reading };
}

function readList(root: YamlNode | undefined, at: YamlPlace): readonly VaultObject[] {
  const remedy = 'must be a list of objects, each with objectName and secretPath';
  if (root === undefined || isNull(root)) {
    at.reading.problems.push({ path: at.path, message: `is empty; it ${remedy}` });
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
  // Parity: what is null is no object.
  const items = root.items
    .map((node, index) => ({ node, at: `objects[${index}]` }))
    .filter(({ node }) => !isNull(node));
  if (items.length === 0) complain(at, root, `lists no object; it ${remedy}`);
  return items.flatMap((item) => readItem(item.node, { ...at, path: item.at }) ?? []);
}

function readItem(node: YamlNode, at: YamlPlace): VaultObject | undefined {
  if (node.kind === 'mapping') return readVaultObject(node, at);
  complain(
    at,
    node,
    `is ${node.kind === 'scalar' ? show(node) : kindNames[node.kind]}; it must be a map with objectName and secretPath`,
  );
  return undefined;
}

function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && resolveScalar(node).type === 'null';
}

/** Two files of one name, or a file where another needs a directory. */
function findClashes(objects: readonly VaultObject[]): readonly Problem[] {
  const firsts = new Map<string, VaultObject>();
  const problems: Problem[] = [];
  for (const object of objects) {
    const first = firsts.get(object.name);
    if (first === undefined) firsts.set(object.name, object);
    else problems.push(clash(object, `is the name of ${first.at} too; every objectName must be unique`));
  }
  const paths = [...firsts.keys()].filter((name) => checkFilePath(name) === undefined);
  for (const { path, other } of findPathCollisions(paths)) {
    const object = firsts.get(other);
    if (object !== undefined) {
      problems.push(clash(object, `lies below ${JSON.stringify(path)}, which is a file; rename one of the two`));
    }
  }
  return problems;
}

function clash({ at, line, name }: VaultObject, message: string): Problem {
  return { path: `${at}.objectName`, line, message: `${JSON.stringify(name)} ${message}` };
}
