import { execFile, type ExecFileException } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { serverDir } from '../../servers/build.ts';
import { mainFile } from './daemon.ts';
import type { Finished } from './kubectl.ts';

const docs = join(import.meta.dirname, '../../../docs');

export interface GuideOptions {
  /** Of the administrator. */
  readonly kubeconfig: string;
  /** A new folder, in which the commands run. */
  readonly dir: string;
  /** Sees everything that they print. */
  readonly onOutput: (output: string) => void;
}

/** Runs the shell commands of a page as a reader would, with `kubectl` and `lockstep` in the path. */
export class Guide {
  readonly dir: string;
  readonly #options: GuideOptions;
  readonly #sections: ReadonlyMap<string, string>;

  /** `page`: below docs/. */
  constructor(page: string, options: GuideOptions) {
    this.#options = options;
    this.dir = join(options.dir, 'work');
    this.#sections = sectionsOf(readFileSync(join(docs, page), 'utf8'));
    mkdirSync(join(options.dir, 'bin'), { recursive: true });
    mkdirSync(this.dir);
    symlinkSync(join(serverDir('kubernetes'), 'kubectl'), join(options.dir, 'bin', 'kubectl'));
    const lockstep = join(options.dir, 'bin', 'lockstep');
    writeFileSync(lockstep, `#!/bin/sh\nexec '${process.execPath}' '${mainFile}' "$@"\n`);
    chmodSync(lockstep, 0o755);
  }

  /** A file that the reader has in Git. */
  write(name: string, objects: readonly object[]): void {
    writeFileSync(join(this.dir, name), objects.map((each) => JSON.stringify(each)).join('\n---\n'));
  }

  /** The `number`th block of commands (from 1) under a heading, until one of them fails; the others are not run then. */
  async run(heading: string, number = 1): Promise<Finished> {
    const block = blocksOf(this.#sections.get(heading) ?? '')[number - 1];
    if (block === undefined) throw new Error(`the page has no ${number}. block of commands under "${heading}"`);
    return await this.sh(block);
  }

  /** Commands of the test's own, in the same place; `input` is their standard input. */
  async sh(commands: string, input = ''): Promise<Finished> {
    const { dir, kubeconfig, onOutput } = this.#options;
    const env = {
      PATH: `${join(dir, 'bin')}:${process.env['PATH'] ?? ''}`,
      HOME: dir,
      KUBECONFIG: kubeconfig,
      KUBECACHEDIR: join(dir, 'kubectl-cache'),
    };
    return await new Promise((resolve) => {
      const options = { cwd: this.dir, env, maxBuffer: 64 * 1024 * 1024 };
      const shell = execFile('sh', ['-ec', commands], options, (error, stdout, stderr) => {
        const output = stdout + stderr;
        onOutput(output);
        resolve({ code: toCode(error), output });
      });
      shell.stdin?.end(input);
    });
  }
}

function toCode(error: ExecFileException | null): number {
  if (error === null) return 0;
  return typeof error.code === 'number' ? error.code : 1;
}

/** What stands under each heading, up to the next one. */
function sectionsOf(markdown: string): ReadonlyMap<string, string> {
  const parts = markdown.split(/^#+ (.*)$/m);
  return new Map(
    parts.flatMap((heading, index) => (index % 2 === 1 ? [[heading, parts[index + 1] ?? ''] as const] : [])),
  );
}

function blocksOf(section: string): readonly string[] {
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}
