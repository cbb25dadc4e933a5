import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let home: string;
let child: ChildProcessByStdio<null, Readable, Readable> | undefined;

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'ls-')));
});

afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

/** SIGHUP throws where nobody catches it, SIGWINCH leaves a rejection to nobody. */
const faults = `data:text/javascript,${encodeURIComponent(`
  process.on('SIGHUP', () => { throw new Error('planted exception'); });
  process.on('SIGWINCH', () => { void Promise.reject(new Error('planted rejection')); });
`)}`;

function start(...argv: readonly string[]) {
  const main = join(import.meta.dirname, 'main.ts');
  child = spawn(process.execPath, ['--import', faults, main, ...argv], {
    env: { HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return child;
}

async function run(...argv: readonly string[]) {
  const running = start(...argv);
  const [out, err, [code]] = await Promise.all([text(running.stdout), text(running.stderr), once(running, 'exit')]);
  return { code: code as number, out, err };
}

/** The lines of the log as they come. */
async function* logOf(running: { readonly stderr: Readable }): AsyncGenerator<Record<string, unknown>> {
  for await (const line of createInterface(running.stderr)) yield JSON.parse(line) as Record<string, unknown>;
}

async function nextLine(log: AsyncGenerator<Record<string, unknown>>, msg: string): Promise<Record<string, unknown>> {
  for (;;) {
    const { value, done } = await log.next();
    if (done) throw new Error(`the log ended without "${msg}"`);
    if (value['msg'] === msg) return value;
  }
}

function provider(...argv: readonly string[]): readonly string[] {
  return ['provider', '--provider-dir', home, '--providers', 'vault,openbao', '--metrics-address', 'off', ...argv];
}

describe('the process', () => {
  it('ends with 0 for help', async () => {
    const { code, out, err } = await run('provider', '--help');

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('--version-key-file <FILE>');
    expect(out).toContain('[env: LOCKSTEP_VERSION_KEY_FILE]');
  });

  it('ends with 2 for wrong usage', async () => {
    const { code, err } = await run('provider', '--refresh-intervall', '10s', '--max-mounts', 'many');

    expect(code).toBe(2);
    expect(err).toContain("unknown option '--refresh-intervall' (Did you mean --refresh-interval?)");
    expect(err).toContain('--max-mounts: "many" must be a whole number from 1 to 10000');
  });

  it('ends with 1 for a version key that is none', async () => {
    await writeFile(join(home, 'key'), 'short');

    const { code, err } = await run(...provider('--version-key-file', join(home, 'key')));

    expect(code).toBe(1);
    expect(err).toBe(
      `lockstep: --version-key-file ${join(home, 'key')}: the file must hold exactly 32 raw bytes, and holds 5\n`,
    );
  });

  it('serves sockets until SIGTERM, flushes on SIGUSR2 and opens no inspector on SIGUSR1', async () => {
    const running = start(...provider());
    const log = logOf(running);

    expect(await nextLine(log, 'object versions change at every restart')).toMatchObject({ level: 'warn' });
    expect(await nextLine(log, 'ready')).toMatchObject({
      sockets: [join(home, 'vault.sock'), join(home, 'openbao.sock')],
    });
    running.kill('SIGUSR1');
    running.kill('SIGUSR2');
    await nextLine(log, 'value cache flushed');
    const exited = once(running, 'exit');
    running.kill('SIGTERM');
    expect(await nextLine(log, 'stopping')).toMatchObject({ mounts: 0 });
    await nextLine(log, 'stopped');

    const [code] = await exited;
    expect(code).toBe(0);
    for await (const line of log) expect(JSON.stringify(line)).not.toContain('Debugger');
    expect((await readdir(home)).toSorted()).toEqual(['openbao.sock', 'vault.sock']);
  });

  it('logs a rejection that nobody awaits and goes on, but ends with 1 after an exception', async () => {
    const running = start(...provider());
    const log = logOf(running);
    await nextLine(log, 'ready');

    running.kill('SIGWINCH');
    expect(await nextLine(log, 'unexpected error')).toMatchObject({
      level: 'error',
      code: 'INTERNAL',
      err: { message: 'planted rejection' },
    });
    running.kill('SIGHUP');
    expect(await nextLine(log, 'unexpected error')).toMatchObject({ err: { message: 'planted exception' } });

    const [code] = await once(running, 'exit');
    expect(code).toBe(1);
  });

  it('ends with 1 and one line when the sockets cannot be served', async () => {
    const { code, err } = await run(
      ...provider('--provider-dir', join(home, 'nothing'), '--version-key-file', await writeKey()),
    );

    expect(code).toBe(1);
    expect(err).toMatch(/^lockstep: the provider directory .*nothing does not exist; .*\n$/);
  });
});

async function writeKey(): Promise<string> {
  await writeFile(join(home, 'key'), Buffer.alloc(32));
  return join(home, 'key');
}
