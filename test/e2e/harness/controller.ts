import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { KubeFront } from './kube-front.ts';
import { freePort, ServerProcess, toFlags } from './processes.ts';

export interface ControllerOptions {
  readonly runDir: string;
  /** How it reaches its front. */
  readonly kubeconfig: string;
  readonly front: KubeFront;
  readonly log: string;
  /** Further flags of `lockstep controller`. */
  readonly flags: readonly string[];
  /** Its whole environment beside PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** Program and arguments that run `lockstep`. */
  readonly command: readonly string[];
}

export const mainFile = join(import.meta.dirname, '../../../src/main.ts');

/** One replica of our controller, run as a process of its own, behind a front of its own. */
export class Controller {
  readonly process: ServerProcess;
  readonly front: KubeFront;
  readonly #operating: string;

  private constructor(process: ServerProcess, front: KubeFront, operating: string) {
    this.process = process;
    this.front = front;
    this.#operating = operating;
  }

  static async launch(options: ControllerOptions): Promise<Controller> {
    const address = `127.0.0.1:${await freePort()}`;
    const [command = '', ...args] = options.command;
    const daemon = new ServerProcess({
      runDir: options.runDir,
      command,
      args: [
        ...args,
        'controller',
        ...toFlags({
          kubeconfig: options.kubeconfig,
          'metrics-address': address,
          'log-format': 'json',
          'log-level': 'debug',
        }),
        ...options.flags,
      ],
      env: options.env,
      log: options.log,
    });
    return new Controller(daemon, options.front, `http://${address}`);
  }

  /** Resolves when the daemon says that it is ready. */
  async started(): Promise<void> {
    await this.process.ready(() => this.ready());
  }

  /** Whether `/readyz` says so. */
  async ready(): Promise<boolean> {
    return (await fetch(`${this.#operating}/readyz`)).ok;
  }

  /** Whether `/livez` says so. */
  async live(): Promise<boolean> {
    return (await fetch(`${this.#operating}/livez`)).ok;
  }

  /** `HOST:PORT` of `/metrics`. */
  get metricsAddress(): string {
    return new URL(this.#operating).host;
  }

  /** The text of `/metrics`. */
  async metrics(): Promise<string> {
    return await (await fetch(`${this.#operating}/metrics`)).text();
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

  async isLeader(): Promise<boolean> {
    return (await this.metric('lockstep_leader')) === 1;
  }

  /** Everything that the daemon printed. */
  log(): string {
    return existsSync(this.process.log) ? readFileSync(this.process.log, 'utf8') : '';
  }
}
