import { chmod, lstat, mkdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { SecretError } from '../core/errors.ts';

/** Tells a directory that lockstep made from one that holds somebody's files. The driver keeps names with `..` for itself, too. */
const markerName = '..lockstep';
const markerText = 'lockstep writes this directory; whatever else is put here may be refused.\n';

/**
 * Makes `directory` (0700) or takes over one that was made here before. Anything else is OUTPUT_REFUSED: a directory
 * of other origin or owner, a symlink anywhere in the path, a parent that is not there. Answers the absolute path.
 */
export async function prepareVolumeDirectory(directory: string): Promise<string> {
  const path = resolve(directory);
  await refuseSymlinks(dirname(path));
  const created = await makeDirectory(path);
  if (created) await writeFile(join(path, markerName), markerText, { flag: 'wx', mode: 0o600 });
  await checkVolumeDirectory(path);
  // The umask may have taken bits, an operator may have added some.
  await chmod(path, 0o700);
  return path;
}

/** That the directory still is what it was: asked again before every write, because the path may have been swapped. */
export async function checkVolumeDirectory(path: string): Promise<void> {
  await refuseSymlinks(path);
  const directory = await lstat(path);
  if (!directory.isDirectory()) throw refused(path, 'is not a directory', newDirectory);
  if (!isOwn(directory.uid)) throw refused(path, 'belongs to another user', newDirectory);
  const marker = await lstat(join(path, markerName)).catch(() => undefined);
  if (!marker?.isFile() || !isOwn(marker.uid)) throw refused(path, 'was not made by lockstep', newDirectory);
}

/** OUTPUT_REFUSED in one form: what, why, what to do. */
export function refused(path: string, reason: string, remedy: string, cause?: unknown): SecretError {
  return new SecretError('OUTPUT_REFUSED', `output ${path} ${reason}; ${remedy}`, { cause });
}

const newDirectory = 'name a directory that does not exist yet, or one that lockstep made';

async function makeDirectory(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** A symlink in the path could lead the secrets to a place that somebody else chose. */
async function refuseSymlinks(path: string): Promise<void> {
  let real: string;
  try {
    real = await realpath(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw refused(path, 'does not exist', 'create it first', error);
    throw error;
  }
  if (real !== path) throw refused(path, 'leads through a symlink', `name the directory as it really is: ${real}`);
}

/** Whether `error` is the system error `code`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Windows has no owners; there every file counts as ours. */
function isOwn(uid: number): boolean {
  return process.getuid === undefined || process.getuid() === uid;
}
