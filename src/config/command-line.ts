import { type Command, Option } from 'commander';

import { type Flag, type Flags, type Given, flagName, flagVariable } from './flag.ts';

/** Puts the options of a table on a command: grouped, each with its default and variable in the help. */
export function addFlags(command: Command, flags: Flags): void {
  for (const [key, flag] of Object.entries(flags)) command.addOption(toOption(key, flag));
}

/** What the command line said, by key; commander has filled `command` before. */
export function givenFlags(command: Command): Given {
  return command.opts();
}

function toOption(key: string, flag: Flag<unknown>): Option {
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  const value = flag.value === undefined ? toSwitchValue(flag) : ` <${flag.value}>`;
  const fallback = flag.fallback === undefined ? '' : ` (default: ${flag.fallback})`;
  const option = new Option(
    `${short}${flagName(key)}${value}`,
    `${flag.help}${fallback} [env: ${flagVariable(key)}]`,
  ).helpGroup(`${flag.group}:`);
  if (flag.repeats) option.argParser(collect);
  return option;
}

/** A switch that is on anyway is there to be switched off: `--leader-elect=false`, as with programs in Go. */
function toSwitchValue({ fallback }: Flag<unknown>): string {
  return fallback === 'true' ? ' [true|false]' : '';
}

function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}
