import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, globSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';

import { until } from './until.ts';

export interface ProcessOptions {
  /** Folder of the whole run: written into the environment, so that `reap` finds whatever was left behind. */
  readonly runDir: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment beside PATH: nothing of the caller's leaks into a server. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** File that gets standard output and standard error. */
  readonly log: string;
}

/** A server of the e2e, its output in a file. */
export class ServerProcess {
  readonly pid: number;
  readonly log: string;
  /** Exit code, or null where a signal ended it. */
  readonly exited: Promise<number | null>;
  #running = true;

  constructor(options: ProcessOptions) {
    mkdirSync(dirname(options.log), { recursive: true });
    const out = openSync(options.log, 'a');
    const child = spawn(options.command, options.args, {
      cwd: options.cwd ?? options.runDir,
      env: { PATH: process.env['PATH'], ...options.env, [runVariable]: options.runDir },
      stdio: ['ignore', out, out],
    });
    closeSync(out);
    this.log = options.log;
    this.pid = child.pid ?? 0;
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => {
        this.#running = false;
        resolve(code);
      });
    });
  }

  get running(): boolean {
    return this.#running;
  }

  output(): string {
    return readFileSync(this.log, 'utf8');
  }

  signal(name: NodeJS.Signals): void {
    if (this.#running) process.kill(this.pid, name);
  }

  /** Sends the signal and waits for the end; SIGKILL where it takes longer than `graceMs`. */
  async stop(name: NodeJS.Signals = 'SIGTERM', graceMs = 15_000): Promise<number | null> {
    this.signal(name);
    const kill = setTimeout(() => this.signal('SIGKILL'), graceMs);
    const code = await this.exited;
    clearTimeout(kill);
    return code;
  }

  /** Waits until `ready` says so; throws with the end of the log where the process ends before. */
  async ready(ready: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
    await until(
      async () => {
        if (!this.#running) throw new Error(`the process ended at once:\n${this.output().slice(-3000)}`);
        return await ready().catch(() => false);
      },
      { what: `${this.log} to be ready`, timeoutMs },
    );
  }
}

/** `--name=value` for each member, in order. */
export function toFlags(flags: Readonly<Record<string, string | boolean>>): readonly string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Ends every process that was started for this run, children of children too, unmounts its volumes and removes it. */
export function reap(runDir: string): void {
  for (const environ of globSync('/proc/[0-9]*/environ')) {
    if (!readMaybe(environ).split('\0').includes(`${runVariable}=${runDir}`)) continue;
    try {
      process.kill(Number(environ.split('/')[2]), 'SIGKILL');
    } catch {
      // It ended in between.
    }
  }
  unmountBelow(runDir);
  removeNamespace(basename(runDir));
  rmSync(runDir, { recursive: true, force: true, maxRetries: 5 });
}

/** Removes a network namespace and the files that `ip netns exec` shows there in place of those of /etc; nothing where there is none. */
function removeNamespace(name: string): void {
  if (existsSync(join('/var/run/netns', name))) execFileSync('ip', ['netns', 'delete', name]);
  rmSync(join('/etc/netns', name), { recursive: true, force: true });
}

/** Unmounts what tests left under a folder. */
export function unmountBelow(dir: string): void {
  const targets = readMaybe('/proc/self/mounts')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((target) => target.startsWith(`${dir}/`));
  for (const target of targets.toReversed()) execFileSync('umount', ['-l', target]);
}

const runVariable = 'LOCKSTEP_E2E_RUN';

function readMaybe(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
