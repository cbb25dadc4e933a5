import { parseGoDuration } from '../core/duration.ts';
import { parseGoBool } from '../core/parse-bool.ts';
import type { Freshness } from '../core/plan.ts';
import type { Problem } from '../core/problem.ts';

/** The parameters about freshness, the same in every dialect. */
export const freshnessParameterNames = ['refreshInterval', 'staleIfError', 'staleOnFirstMount'] as const;

/** An empty value counts as none. Pushes every problem. */
export function readFreshness(parameters: ReadonlyMap<string, string>, problems: Problem[]): Freshness {
  const refreshIntervalMs = readDuration('refreshInterval', parameters, problems);
  const staleIfErrorMs = readDuration('staleIfError', parameters, problems);
  return {
    ...(refreshIntervalMs !== undefined && { refreshIntervalMs }),
    ...(staleIfErrorMs !== undefined && { staleIfErrorMs }),
    staleOnFirstMount: readBoolean('staleOnFirstMount', parameters, problems),
  };
}

function readDuration(
  name: 'refreshInterval' | 'staleIfError',
  parameters: ReadonlyMap<string, string>,
  problems: Problem[],
): number | undefined {
  const text = parameters.get(name) ?? '';
  if (text === '') return undefined;
  const durationMs = parseGoDuration(text);
  if (durationMs === undefined) {
    problems.push({ path: `parameters.${name}`, message: 'must be a duration such as 30s, 1h30m or 0s' });
  }
  return durationMs;
}

function readBoolean(name: 'staleOnFirstMount', parameters: ReadonlyMap<string, string>, problems: Problem[]): boolean {
  const text = parameters.get(name) ?? '';
  if (text === '') return false;
  const value = parseGoBool(text);
  if (value === undefined) problems.push({ path: `parameters.${name}`, message: 'must be "true" or "false"' });
  return value ?? false;
}
