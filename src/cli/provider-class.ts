import { SecretError } from '../core/errors.ts';
import { formatProblem, type Problem, problemsError } from '../core/problem.ts';
import type { ClassManifest } from '../spc/class-manifest.ts';
import { lineInFile, readManifests } from '../spc/manifest.ts';
import type { ManifestFile } from './manifest-file.ts';

/** A SecretProviderClass of a file; its namespace is never empty. */
export type ProviderClass = ClassManifest;

/** Every class of a file in its order. Throws MANIFEST_INVALID with everything that is wrong, by line. */
export function readProviderClasses({ file, text }: ManifestFile): readonly ProviderClass[] {
  const parsed = readManifests(text);
  if (!parsed.ok) throw manifestError(file, parsed.problems);
  return parsed.value.map((manifest) => ({ ...manifest, namespace: manifest.namespace || 'default' }));
}

/** The class called `name`; without a name the only one. Throws MANIFEST_INVALID. */
export function findProviderClass(manifest: ManifestFile, name: string | undefined): ProviderClass {
  const classes = readProviderClasses(manifest);
  const [found, another] = classes.filter((candidate) => name === undefined || candidate.name === name);
  if (found !== undefined && another === undefined) return found;
  const names = classes.map((candidate) => candidate.name).join(', ') || 'none';
  const wanted = name === undefined ? 'exactly one SecretProviderClass' : `one SecretProviderClass called ${name}`;
  const remedy = name === undefined && found !== undefined ? '; choose one with --name' : '';
  throw new SecretError('MANIFEST_INVALID', `${manifest.file} must hold ${wanted}, and holds: ${names}${remedy}`);
}

/** What a dialect found, with the lines of the file. */
export function classError(file: string, manifest: ProviderClass, problems: readonly Problem[]): SecretError {
  return manifestError(
    file,
    problems.map((problem) => ({ ...problem, line: lineInFile(manifest, problem) })),
  );
}

function manifestError(file: string, problems: readonly Problem[]): SecretError {
  const { code } = problemsError(problems);
  return new SecretError(code, [`${file} is refused:`, ...problems.map(formatProblem)].join('\n  '));
}
