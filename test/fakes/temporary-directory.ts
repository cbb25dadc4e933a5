import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { it as base } from 'vitest';

export interface TemporaryDirectory extends Disposable {
  readonly path: string;
}

/** A new empty directory, removed with everything in it when it is disposed. */
export function createTemporaryDirectory(): TemporaryDirectory {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'lockstep-test-')));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A test with such a directory, its path. */
export const it = base.extend('home', ({ onTestFinished }) => {
  const home = createTemporaryDirectory();
  onTestFinished(() => home[Symbol.dispose]());
  return home.path;
});
