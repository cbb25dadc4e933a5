import type { Parsed, Problem } from '../core/problem.ts';
import { type ClassManifest, readClassManifest } from './class-manifest.ts';
import { parseYaml } from './yaml-document.ts';
import { readFields } from './yaml-fields.ts';
import type { YamlMapping, YamlNode } from './yaml-node.ts';
import { type YamlPlace, YamlReading } from './yaml-place.ts';

/** What is in a file: the classes that could be read, and what is wrong with it (lines are those of the file). */
export interface ManifestFile {
  readonly classes: readonly ClassManifest[];
  readonly problems: readonly Problem[];
}

/** Far more than a file for kubectl may have. */
const maxTextLength = 8 * 1024 * 1024;
const classKind = 'SecretProviderClass';

/**
 * Finds the SecretProviderClasses in the text of a file: several YAML documents, lists of kubectl, other kinds in between, which
 * are skipped. Never throws.
 */
export function inspectManifests(text: string): ManifestFile {
  if (text.length > maxTextLength) {
    return { classes: [], problems: [{ path: 'file', message: `is longer than ${maxTextLength} characters` }] };
  }
  const classes: ClassManifest[] = [];
  const problems: Problem[] = [];
  for (const { root, mistakes } of parseYaml(text)) {
    problems.push(...mistakes.map((mistake) => ({ path: 'file', ...mistake })));
    const reading = new YamlReading(2 * maxTextLength);
    classes.push(...readDocument(root, { path: 'file', reading }));
    problems.push(...reading.problems);
    if (reading.exhausted) problems.push({ path: 'file', message: 'repeats itself too often through aliases' });
  }
  return { classes, problems };
}

/** The classes of a file, or everything that is wrong with it. */
export function readManifests(text: string): Parsed<readonly ClassManifest[]> {
  const { classes, problems } = inspectManifests(text);
  return problems.length === 0 ? { ok: true, value: classes } : { ok: false, problems };
}

/** The line of the file that a problem of a dialect is about. */
export function lineInFile(manifest: ClassManifest, { path, line }: Problem): number {
  if (line !== undefined) return manifest.objectsOffset + line;
  return manifest.lines.get(path) ?? manifest.lines.get('parameters') ?? manifest.line;
}

function readDocument(root: YamlNode | undefined, place: YamlPlace): readonly ClassManifest[] {
  if (root?.kind !== 'mapping') return [];
  const kind = kindOf(root);
  if (kind === classKind) {
    const manifest = readClassManifest(root, place);
    return manifest === undefined ? [] : [manifest];
  }
  if (!kind.endsWith('List')) return [];
  const items = readFields(root, place).get('items')?.value;
  return items?.kind === 'sequence' ? items.items.flatMap((item) => readDocument(item, place)) : [];
}

/** Looks without complaining: other kinds are none of our business. */
function kindOf(root: YamlMapping): string {
  const entry = root.entries.find(({ key }) => key.kind === 'scalar' && key.text === 'kind');
  return entry?.value.kind === 'scalar' ? entry.value.text : '';
}
