import { describe, expect, it } from 'vitest';

import { FakeHost } from '../../test/fakes/host.ts';
import { duration, text, toggle } from '../config/flag-kinds.ts';
import { type Environment, type Flags, readFlags } from '../config/flag.ts';
import { SecretError } from '../core/errors.ts';
import { defineCommand } from './command.ts';
import { type CommandTable, runProgram } from './program.ts';

const flags = {
  file: { schema: text(), short: 'f', value: 'FILE', help: 'What to read', group: 'Input' },
  interval: { schema: duration(), value: 'DURATION', help: 'How often', group: 'Time', fallback: '30s' },
  quick: { schema: toggle(), help: 'Hurry', group: 'Time' },
} satisfies Flags;

async function run(argv: readonly string[], env: Environment = {}, failure?: Error) {
  const seen: unknown[] = [];
  const command = defineCommand({
    flags,
    operands: { name: 'PLACE', help: 'Where to go' },
    notes: 'Examples:\n  lockstep walk -f map home',
    read: (given, environment) => readFlags(flags, given, environment),
    async run(input) {
      if (failure) throw failure;
      seen.push(input);
      return 0;
    },
  });
  const commands: CommandTable = {
    walk: { summary: 'Walk somewhere', load: async () => command },
    talk: { summary: 'Say something', load: () => Promise.reject(new Error('loaded for nothing')) },
  };
  const host = new FakeHost({ env });
  const code = await runProgram(argv, { commands, version: '1.2.3', host });
  return { code, out: host.outText, err: host.errText, seen };
}

describe('the program', () => {
  it('runs the named command with its flags and operands, and loads no other', async () => {
    const { code, err, seen } = await run(['walk', '-f', 'map', '--interval=1m', '--quick', 'home', 'work']);

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(seen).toEqual([{ config: { file: 'map', interval: 60_000, quick: true }, operands: ['home', 'work'] }]);
  });

  it('takes what the command line does not say from the environment', async () => {
    const { seen } = await run(['walk', 'home'], { LOCKSTEP_FILE: 'map', LOCKSTEP_QUICK: 'true' });

    expect(seen).toMatchObject([{ config: { file: 'map', quick: true } }]);
  });

  it.for([['--help'], ['-h'], ['help']])('lists the commands and exit codes for %s', async (argv) => {
    const { code, out, err } = await run(argv);

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/walk .*Walk somewhere/);
    expect(out).toMatch(/talk .*Say something/);
    expect(out).toContain('0 done, 1 failed, 2 wrong usage');
  });

  it.for([[['walk', '--help']], [['help', 'walk']]])('explains a command for %j', async ([argv = []]) => {
    const { code, out } = await run(argv);

    expect(code).toBe(0);
    expect(out).toMatch(/Input:\n +-f, --file <FILE> +What to read \[env: LOCKSTEP_FILE\]/);
    expect(out).toMatch(/Time:\n +--interval <DURATION> +How often \(default: 30s\) \[env: LOCKSTEP_INTERVAL\]/);
    expect(out).toContain('lockstep walk -f map home');
    expect(out).toContain('2 wrong usage');
  });

  it('prints its version', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n' });
  });

  it.for<[readonly string[], string]>([
    [[], 'lockstep: wrong usage\n  say which command to run\nRun lockstep --help for what there is.\n'],
    [
      ['wlak'],
      "lockstep: wrong usage\n  unknown command 'wlak' (Did you mean walk?)\nRun lockstep --help for what there is.\n",
    ],
    [
      ['--halp'],
      "lockstep: wrong usage\n  unknown option '--halp' (Did you mean --help?)\nRun lockstep --help for what there is.\n",
    ],
    [
      ['walk', '--fiel', 'map', 'home'],
      "lockstep walk: wrong usage\n  unknown option '--fiel' (Did you mean --file?)\n  --file: is missing\n" +
        'Run lockstep walk --help for what there is.\n',
    ],
    [
      ['walk', '-f'],
      "lockstep walk: wrong usage\n  option '-f, --file <FILE>' argument missing\nRun lockstep walk --help for what there is.\n",
    ],
    [
      ['walk', '-f', 'map'],
      "lockstep walk: wrong usage\n  missing required argument 'PLACE'\nRun lockstep walk --help for what there is.\n",
    ],
    [
      ['walk', '--interval', 'soon', 'home'],
      'lockstep walk: wrong usage\n  --file: is missing\n' +
        '  --interval: "soon" is no duration of zero or more; write it like 500ms, 30s, 5m or 1h30m\n' +
        'Run lockstep walk --help for what there is.\n',
    ],
  ])('answers %j with every mistake and the way on', async ([argv, message]) => {
    expect(await run(argv)).toEqual({ code: 2, out: '', err: message, seen: [] });
  });

  it.for(['constructor', '__proto__', 'toString'])('knows no command %s', async (name) => {
    expect((await run([name])).code).toBe(2);
  });

  it('says in one line why the work failed', async () => {
    const failure = new SecretError('VAULT_DENIED', 'object "a": Vault said no', { cause: new Error('s3cret') });

    expect(await run(['walk', '-f', 'map', 'home'], {}, failure)).toMatchObject({
      code: 1,
      err: 'lockstep: object "a": Vault said no\n',
    });
  });

  it('leaves a fault of its own to the process', async () => {
    await expect(run(['walk', '-f', 'map', 'home'], {}, new TypeError('bug'))).rejects.toThrow('bug');
  });
});
