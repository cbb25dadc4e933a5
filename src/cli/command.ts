import type { Command as Commander } from 'commander';

import { addFlags, givenFlags } from '../config/command-line.ts';
import type { Environment, Flags, Given } from '../config/flag.ts';
import type { Parsed } from '../core/problem.ts';
import type { ExitCode, Host } from './host.ts';

/** A subcommand as its author writes it. `T` is what its flags become. */
export interface CommandSpec<T> {
  readonly flags: Flags;
  /** Positional arguments, at least one of them unless they are optional. */
  readonly operands?: { readonly name: string; readonly help: string; readonly isOptional?: boolean };
  /** Prose after the options; examples above all. */
  readonly notes: string;
  /** `readFlags` of the flags above, or stricter. */
  readonly read: (given: Given, env: Environment, operands: readonly string[]) => Parsed<T>;
  /** Throws SecretError; its message is all that a user sees of a failure. */
  readonly run: (input: CommandInput<T>, host: Host) => Promise<ExitCode>;
}

export interface CommandInput<T> {
  readonly config: T;
  readonly operands: readonly string[];
}

/** A subcommand as the program sees it. */
export interface Command {
  /** Declares options, operands and notes. */
  readonly describe: (commander: Commander) => void;
  /** Reads what `commander` was given: every mistake, or the work itself. */
  readonly prepare: (commander: Commander, env: Environment) => Parsed<(host: Host) => Promise<ExitCode>>;
}

/** Hides the type of the flags, so that commands of different flags fit one table. */
export function defineCommand<T>(spec: CommandSpec<T>): Command {
  return {
    describe(commander) {
      addFlags(commander, spec.flags);
      if (spec.operands) commander.argument(toArgument(spec.operands), spec.operands.help);
      commander.addHelpText('after', `\n${spec.notes}`);
    },
    prepare(commander, env) {
      const read = spec.read(givenFlags(commander), env, commander.args);
      if (!read.ok) return read;
      return { ok: true, value: (host) => spec.run({ config: read.value, operands: commander.args }, host) };
    },
  };
}

function toArgument({ name, isOptional = false }: NonNullable<CommandSpec<unknown>['operands']>): string {
  return isOptional ? `[${name}...]` : `<${name}...>`;
}
