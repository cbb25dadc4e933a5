import { type ErrorCode, SecretError } from './errors.ts';

/** One thing wrong with an input, addressed so that an author finds it. */
export interface Problem {
  /** Where: `parameters.roleName`, `objects[2].filePermission`. */
  readonly path: string;
  /** Line inside the text at `path` (1-based), where the parser knows it. */
  readonly line?: number;
  /** What is wrong and what to do, without the value of a secret. */
  readonly message: string;
  /** MANIFEST_INVALID unless another code of the catalogue fits better. */
  readonly code?: ErrorCode;
}

/** Parsers return all problems at once; they never throw. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function formatProblem(problem: Problem): string {
  const line = problem.line === undefined ? '' : ` line ${problem.line}`;
  return `${problem.path}${line}: ${problem.message}`;
}

/** One error that names every problem. Its code is the first one that is not just "invalid". */
export function problemsError(problems: readonly Problem[]): SecretError {
  const code = problems.find((problem) => problem.code !== undefined)?.code ?? 'MANIFEST_INVALID';
  return new SecretError(code, problems.map(formatProblem).join('; '));
}
