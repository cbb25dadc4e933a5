import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort, ServerProcess, toFlags } from './processes.ts';

export interface DaemonOptions {
  readonly runDir: string;
  readonly log: string;
  /** Further flags of its command. */
  readonly flags: readonly string[];
  /** Its whole environment beside PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** Program and arguments that run `lockstep`. */
  readonly command: readonly string[];
}

export const mainFile = mainFileOf(join(import.meta.dirname, '../../..'));

/** Runs `lockstep` from its sources. */
export const sources: readonly string[] = [process.execPath, mainFile];

/** One of our daemons, run as a process of its own. */
export class Daemon {
  readonly process: ServerProcess;
  /** `HOST:PORT` of `/metrics`. */
  readonly metricsAddress: string;

  protected constructor({ process, metricsAddress }: Launched) {
    this.process = process;
    this.metricsAddress = metricsAddress;
  }

  /** Resolves when the daemon says that it is ready. */
  async started(): Promise<void> {
    await this.process.ready(() => this.ready());
  }

  /** Whether `/readyz` says so. */
  async ready(): Promise<boolean> {
    return (await fetch(`http://${this.metricsAddress}/readyz`)).ok;
  }

  /** Whether `/livez` says so. */
  async live(): Promise<boolean> {
    return (await fetch(`http://${this.metricsAddress}/livez`)).ok;
  }

  /** The text of `/metrics`. */
  async metrics(): Promise<string> {
    return await (await fetch(`http://${this.metricsAddress}/metrics`)).text();
  }

  /** Sum of the samples of a series whose label text holds all of `labels`; undefined where there is none. */
  async metric(name: string, ...labels: readonly string[]): Promise<number | undefined> {
    const samples = (await this.metrics())
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => labels.every((label) => line.includes(label)));
    if (samples.length === 0) return undefined;
    return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Everything that the daemon printed. */
  log(): string {
    return existsSync(this.process.log) ? readFileSync(this.process.log, 'utf8') : '';
  }
}

export type Launched = Pick<Daemon, 'process' | 'metricsAddress'>;

/** Begins to run `lockstep NAME`. `own`: values of flags that every daemon of the name has here. */
export async function launch(
  name: 'provider' | 'controller',
  own: Readonly<Record<string, string>>,
  { runDir, log, flags, env, command: [command = '', ...args] }: DaemonOptions,
): Promise<Launched> {
  const metricsAddress = `127.0.0.1:${await freePort()}`;
  const common = { 'metrics-address': metricsAddress, 'log-format': 'json', 'log-level': 'debug' };
  const all = [...args, name, ...toFlags({ ...own, ...common }), ...flags];
  return { process: new ServerProcess({ runDir, command, args: all, env, log }), metricsAddress };
}

export function mainFileOf(tree: string): string {
  return join(tree, 'src/main.ts');
}
