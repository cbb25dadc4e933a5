import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { serverDir } from '../../servers/build.ts';
import { Guide, type GuideOptions } from './guide.ts';
import type { Finished } from './kubectl.ts';

const root = join(import.meta.dirname, '../../..');

/** README.md as a newcomer follows it: every command as it stands, in a checkout where it may leave files. */
export class Readme {
  /** Commands of all blocks, one by one, in order. */
  readonly commands: readonly string[];
  /** Languages of all fenced code. */
  readonly languages: readonly string[];
  readonly #guide: Guide;
  readonly #left: Set<string>;

  constructor(options: GuideOptions) {
    const text = readFileSync(join(root, 'README.md'), 'utf8');
    const blocks = [...text.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)];
    this.languages = blocks.map(([, language = '']) => language);
    this.commands = blocks.flatMap(([, , block = '']) => toCommands(block));
    this.#left = new Set(this.commands);
    this.#guide = new Guide('../README.md', options);
    linkCheckout(this.dir);
    symlinkSync(join(serverDir('helm'), 'helm'), join(options.dir, 'bin', 'helm'));
  }

  /** The checkout in which the commands run. */
  get dir(): string {
    return this.#guide.dir;
  }

  /** Commands that nothing has run yet. */
  get left(): readonly string[] {
    return [...this.#left];
  }

  /** Runs a command of the page; `environment` is what its reader has set besides. Throws where the page has none. */
  async run(command: string, environment: Readonly<Record<string, string>> = {}): Promise<Finished> {
    this.take(command);
    const settings = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'\n`);
    return await this.sh(settings.join('') + command);
  }

  /** A command of the page that something else runs. Throws where the page has none. */
  take(command: string): void {
    if (!this.commands.includes(command)) throw new Error(`README.md has no command: ${command}`);
    this.#left.delete(command);
  }

  /** Commands of the test's own, in the same place. */
  async sh(commands: string): Promise<Finished> {
    return await this.#guide.sh(commands);
  }
}

/** What a shell would run, without comments and with single blanks. */
function toCommands(block: string): readonly string[] {
  return block
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split('&&'))
    .map((command) => command.trim().replaceAll(/\s+/g, ' '))
    .filter((command) => command !== '');
}

/** Links to everything of ours but the chart, which an API server takes that is built from its module and does not know its version. */
function linkCheckout(dir: string): void {
  const own = new Set(['.git', 'deploy']);
  for (const name of readdirSync(root)) if (!own.has(name)) symlinkSync(join(root, name), join(dir, name));
  cpSync(join(root, 'deploy'), join(dir, 'deploy'), { recursive: true });
  const about = join(dir, 'deploy/charts/lockstep/Chart.yaml');
  writeFileSync(about, readFileSync(about, 'utf8').replace(/^kubeVersion: .*$/m, ''));
}
