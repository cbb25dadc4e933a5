import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort, ServerProcess, toFlags } from './processes.ts';

export interface ProviderOptions {
  readonly runDir: string;
  readonly providerDir: string;
  readonly versionKeyFile: string;
  readonly log: string;
  /** Further flags of `lockstep provider`. */
  readonly flags: readonly string[];
  /** Its whole environment beside PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** Program and arguments that run `lockstep`. */
  readonly command: readonly string[];
}

/** Runs `lockstep` from its sources. */
export const sources: readonly string[] = sourcesOf(join(import.meta.dirname, '../../..'));

/** Our daemon, run as a process of its own. */
export class Provider {
  readonly process: ServerProcess;
  readonly #operating: string;

  private constructor(process: ServerProcess, operating: string) {
    this.process = process;
    this.#operating = operating;
  }

  /** Resolves when the daemon says that it is ready. */
  static async start(options: ProviderOptions): Promise<Provider> {
    const address = `127.0.0.1:${await freePort()}`;
    const [command = '', ...args] = options.command;
    const daemon = new ServerProcess({
      runDir: options.runDir,
      command,
      args: [
        ...args,
        'provider',
        ...toFlags({
          'provider-dir': options.providerDir,
          providers: 'vault',
          'version-key-file': options.versionKeyFile,
          'metrics-address': address,
          'log-format': 'json',
          'log-level': 'debug',
        }),
        ...options.flags,
      ],
      env: options.env,
      log: options.log,
    });
    const provider = new Provider(daemon, `http://${address}`);
    await daemon.ready(() => provider.ready());
    return provider;
  }

  /** Whether `/readyz` says so. */
  async ready(): Promise<boolean> {
    return (await fetch(`${this.#operating}/readyz`)).ok;
  }

  /** `HOST:PORT` of `/metrics`. */
  get metricsAddress(): string {
    return new URL(this.#operating).host;
  }

  /** The text of `/metrics`. */
  async metrics(): Promise<string> {
    return await (await fetch(`${this.#operating}/metrics`)).text();
  }

  /** Sum of the samples of a series whose label text holds `labels`. */
  async metric(name: string, labels = ''): Promise<number> {
    const lines = (await this.metrics()).split('\n').filter((line) => line.startsWith(name) && line.includes(labels));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Everything that the daemon printed. */
  log(): string {
    return existsSync(this.process.log) ? readFileSync(this.process.log, 'utf8') : '';
  }
}

/** Runs `lockstep` from the sources of a tree. */
export function sourcesOf(tree: string): readonly string[] {
  return [process.execPath, join(tree, 'src/main.ts')];
}
