import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';

import { serverDir } from '../../servers/build.ts';

export interface Finished {
  readonly code: number;
  readonly output: string;
}

/** The real kubectl with a kubeconfig. Answers its exit code and what it printed on both outputs. */
export async function kubectl(kubeconfig: string, ...args: readonly string[]): Promise<Finished> {
  const command = join(serverDir('kubernetes'), 'kubectl');
  // By default it would lie in the folder that the tests run in.
  const cache = `--cache-dir=${join(dirname(kubeconfig), 'kubectl-cache')}`;
  return await run(command, [`--kubeconfig=${kubeconfig}`, cache, ...args]);
}

/** Runs a program with an environment of PATH alone. */
export async function run(command: string, args: readonly string[]): Promise<Finished> {
  const env = { PATH: process.env['PATH'] };
  return await new Promise((resolve, reject) => {
    execFile(command, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, output: stdout + stderr });
      else reject(error ?? new Error(`${command} has no exit code`));
    });
  });
}
