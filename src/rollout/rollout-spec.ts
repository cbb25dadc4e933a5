import * as z from 'zod';

import { parseGoDuration } from '../core/duration.ts';
import type { Parsed, Problem } from '../core/problem.ts';
import type { RolloutMode } from './workloads/mode-label.ts';
import { parseWindow, type Window } from './orchestrator/windows.ts';
import { word } from './word.ts';

/** `spec.rollout` of a SecretProviderClassSync, with what is meant where nothing is said. */
export interface RolloutSpec {
  readonly mode: RolloutMode;
  readonly approval: 'Automatic' | 'Manual';
  /** How many workloads roll out at a time. */
  readonly maxConcurrent: Share;
  /** More failures stop a version. */
  readonly maxFailures: number;
  readonly canary: { readonly count: number; readonly soakMs: number };
  /** Within what time all workloads shall have a version, from its first start. */
  readonly deadlineMs: number | undefined;
  /** Empty: at any time. */
  readonly windows: readonly Window[];
  readonly retention: 'History' | 'InUse';
}

/** Of the workloads of a source. */
export type Share =
  | { readonly unit: 'workloads'; readonly count: number }
  | { readonly unit: 'percent'; readonly percent: number };

/** What `spec.rollout` says. Undefined or null: nothing is rolled out. Problems are below `spec.rollout`. */
export function parseRolloutSpec(raw: unknown): Parsed<RolloutSpec> {
  const parsed = schema.safeParse(raw ?? {});
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.map(toProblem) };
  const { windows, ...rest } = parsed.data;
  const problems: Problem[] = [];
  const understood: Window[] = [];
  for (const [index, window] of windows.entries()) {
    const result = parseWindow(window, `spec.rollout.windows[${index}]`);
    if (result.ok) understood.push(result.value);
    else problems.push(...result.problems);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { ...rest, windows: understood } };
}

const defaultSoakMs = 30_000;

function count(least: number, ifMissing: number) {
  const rule = `must be a whole number of at least ${least}`;
  return z
    .int(rule)
    .min(least, rule)
    .nullish()
    .transform((given) => given ?? ifMissing);
}

const durationRule = 'must be a duration such as 30s, 5m or 1h30m';

/** Milliseconds. */
const duration = z.string(durationRule).transform((text, context) => {
  const ms = parseGoDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue(durationRule);
  return z.NEVER;
});

const shareRule = 'must be a number of at least 1, or a percentage from 1% to 100%';

const share = z.union([z.int().min(1), z.string().regex(/^([1-9][0-9]?|100)%$/)], shareRule).transform(toShare);

function toShare(given: number | string): Share {
  if (typeof given === 'number') return { unit: 'workloads', count: given };
  return { unit: 'percent', percent: Number(given.slice(0, -1)) };
}

/** Unknown fields are left out: the CRD does not let them in. */
const schema = z
  .object(
    {
      mode: word(['Off', 'Notify', 'Restart', 'Pin']),
      approval: word(['Automatic', 'Manual']),
      maxConcurrent: share.nullish().transform((given): Share => given ?? toShare(1)),
      maxFailures: count(0, 0),
      canary: z
        .object({ count: count(0, 1), soak: duration.nullish() }, 'must be a map')
        .nullish()
        .transform((given) => ({ count: given?.count ?? 1, soakMs: given?.soak ?? defaultSoakMs })),
      deadline: duration.nullish(),
      windows: z.array(z.unknown(), 'must be a list').nullish(),
      retention: word(['History', 'InUse']),
    },
    'must be a map',
  )
  .transform(({ deadline, windows, ...rest }) => ({
    ...rest,
    deadlineMs: deadline ?? undefined,
    windows: windows ?? [],
  }));

function toProblem({ path, message }: z.core.$ZodIssue): Problem {
  return { path: z.core.toDotPath(['spec', 'rollout', ...path]), message };
}
