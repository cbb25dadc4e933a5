import { joinWithin } from '../core/clip.ts';
import { catalogue, SecretError } from '../core/errors.ts';
import { formatProblem, type Parsed, problemsError } from '../core/problem.ts';
import type { ObjectFailure } from '../core/resolver.ts';

/** Leaves room for the code that goes before the message. */
const maxMessageBytes = 960;
/** What one reason spends on the names of its objects. */
const maxNamesBytes = 200;
/** What a log line keeps of a list. */
const maxLogged = 200;

/** The cause of an error that stands for many: everything that was wrong, for the log. */
export class MountProblems extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], cause?: unknown) {
    super('several problems', { cause });
    this.problems = problems.slice(0, maxLogged);
  }
}

/** The value, or one error that names as many problems as fit. */
export function requireParsed<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  const parts = parsed.problems.map(formatProblem);
  throw new SecretError(problemsError(parsed.problems).code, joinWithin(parts, maxMessageBytes), {
    cause: new MountProblems(parts),
  });
}

/** All or nothing: one failed object fails the mount, with the code of what somebody has to change if there is such. */
export function requireAll(failures: readonly ObjectFailure[]): void {
  const [first] = failures;
  if (first === undefined) return;
  const { error } = failures.find((failure) => !catalogue[failure.error.code].retry) ?? first;
  const reasons = [...Map.groupBy(failures, (failure) => failure.error.message)];
  const parts = reasons.map(([message, same]) => describe(message, same));
  throw new SecretError(error.code, joinWithin(parts, maxMessageBytes), {
    cause: new MountProblems(parts, error.cause),
  });
}

/** One reason for many objects stands there once, with the objects that it does not name itself. */
function describe(message: string, failures: readonly ObjectFailure[]): string {
  const names = failures.map(({ name }) => JSON.stringify(name));
  const unnamed = names.filter((name) => !message.includes(name));
  return unnamed.length === 0 ? message : `${joinWithin(unnamed, maxNamesBytes)}: ${message}`;
}
