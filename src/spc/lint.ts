import type { ErrorCode } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Problem } from '../core/problem.ts';
import type { ClassDialect } from './class-dialect.ts';
import { apiGroup, type ClassManifest } from './class-manifest.ts';
import { isProviderName } from '../core/provider-names.ts';
import { classDialects } from './dialect.ts';
import type { Finding, LintRule, Remark } from './finding.ts';
import { lintSecretObjects } from './lint-secret-objects.ts';
import { inspectManifests, lineInFile } from './manifest.ts';
import { planOffline } from './offline-plan.ts';

export type { Finding } from './finding.ts';

/** Everything that is wrong or unlikely in the SecretProviderClasses of a file, by line. Never throws. */
export function lintManifest(text: string, file: string): readonly Finding[] {
  const { classes, problems } = inspectManifests(text);
  const remarks = [...problems.map((problem) => toRemark(problem, problem.line ?? 1)), ...classes.flatMap(lintClass)];
  return remarks.map((remark) => ({ file, ...remark })).toSorted((a, b) => a.line - b.line);
}

function lintClass(manifest: ClassManifest): readonly Remark[] {
  const remarks = lintApiVersion(manifest);
  if (!isProviderName(manifest.provider)) return [...remarks, ...lintProvider(manifest)];
  const dialect: ClassDialect = classDialects[manifest.provider];
  return [...remarks, ...lintParameters(manifest, dialect), ...lintObjects(manifest, dialect)];
}

function lintApiVersion({ apiVersion, lines, line }: ClassManifest): readonly Remark[] {
  if (!apiVersion.startsWith(`${apiGroup}/`) || apiVersion === `${apiGroup}/v1`) return [];
  const message = `is ${apiVersion}, which is deprecated; write ${apiGroup}/v1`;
  return [
    { line: lines.get('apiVersion') ?? line, severity: 'warning', rule: 'api-deprecated', path: 'apiVersion', message },
  ];
}

/** Another provider may serve it, so that this is no error. */
function lintProvider({ provider, lines, line }: ClassManifest): readonly Remark[] {
  if (provider === '') return [];
  const names = Object.keys(classDialects);
  const message = `is ${JSON.stringify(provider)}, which lockstep does not serve${didYouMean(provider, names)}; it serves ${names.join(', ')}`;
  return [
    { line: lines.get('provider') ?? line, severity: 'warning', rule: 'provider-unknown', path: 'provider', message },
  ];
}

function lintParameters({ parameters, lines, line }: ClassManifest, dialect: ClassDialect): readonly Remark[] {
  const known = new Set(dialect.parameterNames);
  return [...parameters.keys()]
    .filter((name) => !known.has(name))
    .map((name) => ({
      line: lines.get(`parameters.${name}`) ?? line,
      severity: 'warning',
      rule: 'parameter-unknown',
      path: `parameters.${name}`,
      message: `is not known and ignored${didYouMean(name, known)}`,
    }));
}

function lintObjects(manifest: ClassManifest, dialect: ClassDialect): readonly Remark[] {
  const parsed = planOffline(dialect, manifest.parameters);
  const problems = parsed.ok ? [] : parsed.problems;
  return [
    ...problems.map((problem) => toRemark(problem, lineInFile(manifest, problem))),
    ...dialect.inspect(manifest.parameters).map((remark) => ({ ...remark, line: lineInFile(manifest, remark) })),
    ...lintSecretObjects(manifest, parsed.ok ? parsed.value.objects : undefined),
  ];
}

function toRemark({ path, message, code }: Problem, line: number): Remark {
  return { line, severity: 'error', rule: toRule(code), path, message };
}

function toRule(code: ErrorCode | undefined): LintRule {
  return code === 'PATH_FORBIDDEN' ? 'path-forbidden' : 'manifest-invalid';
}

function didYouMean(word: string, candidates: Iterable<string>): string {
  const meant = nearest(word, candidates);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}
