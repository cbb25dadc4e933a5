import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { mainFileOf } from './daemon.ts';

/**
 * The release before this one, by its version and its commit: what an upgrade comes from and a rollback goes to. It is taken out of the
 * history of the clone: Node runs its sources as they are, so neither an image nor a registry of releases is needed, and the bytes
 * are those that were reviewed.
 */
export const previousRelease = { version: '0.1.0', commit: '87a61ea2826287f8aa08154204d74f45b9d20688' } as const;

/** Its sources in a folder of the run. */
export interface UnpackedRelease {
  readonly tree: string;
  /** Program and arguments that run its `lockstep`. */
  readonly command: readonly string[];
}

const root = join(import.meta.dirname, '../../..');

/** Why it cannot be had; undefined: it can. */
export function whyNoPreviousRelease(): string | undefined {
  const { version, commit } = previousRelease;
  try {
    git('cat-file', '-e', `${commit}^{commit}`);
    return undefined;
  } catch {
    return `needs release ${version}, and the history here has no commit ${commit.slice(0, 7)}: it takes git and a whole clone`;
  }
}

/** Unpacks it below a folder of the run, with the packages that it was built with; what is there already is taken as it is. */
export function unpackPreviousRelease(folder: string): UnpackedRelease {
  const { version, commit } = previousRelease;
  const tree = join(folder, `release-${version}`);
  if (!existsSync(tree)) {
    const dir = mkdtempSync(`${tree}-`);
    execFileSync('tar', ['-x', '-C', dir], { input: git('archive', '--format=tar', commit) });
    installPackages(dir);
    renameSync(dir, tree);
  }
  return { tree, command: [process.execPath, mainFileOf(tree)] };
}

/** Those of the checkout where they are the same ones. */
function installPackages(dir: string): void {
  const isSame = isDeepStrictEqual(readLock(dir), readLock(root));
  if (isSame) symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  else execFileSync('npm', ['ci', '--prefer-offline', '--no-audit'], { cwd: dir, stdio: 'pipe' });
}

/** The packages of a lock file, without the version of our own. */
function readLock(dir: string): object {
  // The edge of the harness: a file that npm wrote.
  const lock = JSON.parse(readFileSync(join(dir, 'package-lock.json'), 'utf8')) as { packages: Record<string, object> };
  return { ...lock.packages, '': { ...lock.packages[''], version: undefined } };
}

function git(...args: readonly string[]): Buffer {
  // A checkout may belong to somebody else than who runs the tests.
  const own = ['-C', root, '-c', `safe.directory=${root}`];
  return execFileSync('git', [...own, ...args], { maxBuffer: 256 * 1024 * 1024, stdio: ['ignore', 'pipe', 'ignore'] });
}
