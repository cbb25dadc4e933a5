import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cacheDir, filesKey } from '../../servers/build.ts';

/** A Python with the packages of a requirements file, in a virtual environment of the cache. Answers the interpreter. */
export function pythonWith(requirements: string): string {
  const venv = join(cacheDir(), `venv-${filesKey([requirements])}`);
  const done = join(venv, '.done');
  const python = join(venv, 'bin/python');
  if (existsSync(done)) return python;
  rmSync(venv, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  execFileSync(python, install, { stdio: 'inherit' });
  writeFileSync(done, '');
  return python;
}
