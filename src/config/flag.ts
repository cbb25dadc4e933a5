import type * as z from 'zod';

import type { Parsed, Problem } from '../core/problem.ts';

/** Environment variables by name; `process.env` fits. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One option of a command. Its name is its key in the table: `refreshInterval` is `--refresh-interval`. */
export interface Flag<T> {
  /** Reads the text of the command line or environment; `true` for a switch, a list for one that repeats. */
  readonly schema: z.ZodType<T>;
  /** Stands for the value in the help: `DURATION`. A switch has none. */
  readonly value?: string;
  /** One letter: `f` for `-f`. */
  readonly short?: string;
  readonly help: string;
  /** Heading under which the help lists it. */
  readonly group: string;
  /** What counts when nobody says anything, as it would be typed. */
  readonly fallback?: string;
  /** May be given several times. */
  readonly repeats?: true;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** What a command gets: one parsed value per flag. */
export type FlagValues<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** Raw options by key as they stood on the command line; a key that was not given is missing. */
export type Given = Readonly<Record<string, string | true | readonly string[] | undefined>>;

/** `refreshInterval` → `--refresh-interval`. */
export function flagName(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `refreshInterval` → `LOCKSTEP_REFRESH_INTERVAL`. */
export function flagVariable(key: string): string {
  return `LOCKSTEP_${flagName(key).slice(2).replaceAll('-', '_').toUpperCase()}`;
}

/**
 * The command line wins over the environment, the environment over the fallback; an empty variable counts as none.
 * Answers every mistake at once: the flag or variable, its value, what is wrong and what to write instead.
 */
export function readFlags<F extends Flags>(flags: F, given: Given, env: Environment): Parsed<FlagValues<F>> {
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const [key, flag] of Object.entries(flags)) {
    const { source, raw } = findRaw(key, flag, given, env);
    const read = flag.schema.safeParse(raw);
    if (read.success) values[key] = read.data;
    else problems.push(...read.error.issues.map((issue) => configProblem(source, raw, issue.message)));
  }
  if (problems.length > 0) return { ok: false, problems };
  // Every key of the table was parsed by its own schema just above.
  return { ok: true, value: Object.freeze(values) as FlagValues<F> };
}

/** A mistake of the command line or environment: `--max-mounts: "0" must be …`. Credentials inside a URL are left out. */
export function configProblem(source: string, value: unknown, message: string): Problem {
  const quoted = typeof value === 'string' ? `${JSON.stringify(value.replaceAll(credentials, '//…@'))} ` : '';
  return { path: source, message: `${quoted}${message}`, code: 'CONFIG_INVALID' };
}

const credentials = /\/\/[^/,\s]*@/g;

interface Raw {
  /** Where the value came from, as a user would look for it. */
  readonly source: string;
  readonly raw: string | true | readonly string[] | undefined;
}

function findRaw(key: string, flag: Flag<unknown>, given: Given, env: Environment): Raw {
  const typed = given[key];
  if (typed !== undefined) return { source: flagName(key), raw: typed };
  const variable = env[flagVariable(key)];
  if (variable) return { source: flagVariable(key), raw: flag.repeats ? variable.split(',') : variable };
  return { source: flagName(key), raw: flag.fallback };
}
