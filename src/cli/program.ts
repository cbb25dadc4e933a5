import { Command as Commander, CommanderError } from 'commander';

import { SecretError } from '../core/errors.ts';
import { formatProblem } from '../core/problem.ts';
import type { Command } from './command.ts';
import type { ExitCode, Host } from './host.ts';

/** The subcommands by name. `load` imports a command only when it is asked for, which keeps the start short. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;

export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export interface ProgramOptions {
  readonly commands: CommandTable;
  readonly version: string;
  readonly host: Host;
}

/**
 * From the arguments to the exit code. Help goes to standard output; mistakes go to standard error, all at once,
 * with the nearest flag or command that exists.
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ExitCode> {
  const { version, host } = options;
  const program = createProgram(version, host);
  const picked = await addCommands(program, argv, options);
  const failure = parse(program, argv);
  if (failure?.exitCode === 0) return 0;
  if (picked === undefined) return reportUsage(program, [messageOf(failure)], host);
  const prepared = prepare(picked, failure, host);
  return prepared.ok ? run(prepared.work, host) : reportUsage(picked.commander, prepared.mistakes, host);
}

interface Picked {
  readonly commander: Commander;
  readonly command: Command;
}

type Prepared =
  | { readonly ok: true; readonly work: (host: Host) => Promise<ExitCode> }
  | { readonly ok: false; readonly mistakes: readonly string[] };

/** All commands by name and summary; only the one that the arguments name is loaded and described. */
async function addCommands(
  program: Commander,
  argv: readonly string[],
  { commands, host }: ProgramOptions,
): Promise<Picked | undefined> {
  const pickedName = argv[0] === 'help' ? argv[1] : argv[0];
  let picked: Picked | undefined;
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const commander = createSubcommand(name, host).summary(summary).description(`${summary}.`);
    program.addCommand(commander);
    if (name === pickedName) picked = { commander, command: await load() };
  }
  picked?.command.describe(picked.commander.action(() => undefined));
  return picked;
}

/** The mistakes that commander found and those in the values, together. */
function prepare({ commander, command }: Picked, failure: CommanderError | undefined, host: Host): Prepared {
  const mistakes = failure === undefined ? [] : [messageOf(failure)];
  // After another failure commander has not seen all options, and some would be reported as missing.
  if (failure !== undefined && failure.code !== 'commander.unknownOption') return { ok: false, mistakes };
  const read = command.prepare(commander, host.env);
  if (!read.ok) return { ok: false, mistakes: [...mistakes, ...read.problems.map(formatProblem)] };
  return failure === undefined ? { ok: true, work: read.value } : { ok: false, mistakes };
}

async function run(work: (host: Host) => Promise<ExitCode>, host: Host): Promise<ExitCode> {
  try {
    return await work(host);
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    host.err(`lockstep: ${error.message}\n`);
    return 1;
  }
}

function createProgram(version: string, host: Host): Commander {
  const program = withHost(new Commander('lockstep'), host)
    .description(
      'Secrets from Vault, OpenBao and AWS for Kubernetes: mounted, synced and rolled out from one manifest.',
    )
    .version(version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Print this help')
    .helpCommand('help [command]', 'Print the help of a command');
  return program.addHelpText('after', `\nExit codes: ${exitCodes}\nRun lockstep COMMAND --help for its flags.`);
}

const exitCodes = '0 done, 1 failed, 2 wrong usage.';

function createSubcommand(name: string, host: Host): Commander {
  return withHost(new Commander(name), host)
    .helpOption('-h, --help', 'Print this help')
    .addHelpText(
      'after',
      `\nEvery flag can be set by its variable; the command line wins. Durations as Go writes them: 30s, 1h30m.\nExit codes: ${exitCodes}`,
    );
}

/** Errors come back as CommanderError instead of ending the process; what commander prints about them is dropped. */
function withHost(command: Commander, host: Host): Commander {
  return command
    .exitOverride()
    .configureOutput({ writeOut: host.out, writeErr: () => undefined })
    .showSuggestionAfterError()
    .allowExcessArguments(false);
}

function parse(program: Commander, argv: readonly string[]): CommanderError | undefined {
  try {
    program.parse([...argv], { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error;
    throw error;
  }
}

function messageOf(failure: CommanderError | undefined): string {
  // Commander's own word for "help instead of a command".
  if (failure === undefined || failure.code === 'commander.help') return 'say which command to run';
  return failure.message.replace(/^error: /, '').replaceAll('\n', ' ');
}

function reportUsage(command: Commander, mistakes: readonly string[], host: Host): ExitCode {
  const name = command.parent ? `lockstep ${command.name()}` : 'lockstep';
  host.err(`${name}: wrong usage\n${mistakes.map((mistake) => `  ${mistake}\n`).join('')}`);
  host.err(`Run ${name} --help for what there is.\n`);
  return 2;
}
