import { lstat, readdir, readlink, rename, rm, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import { SecretError } from '../core/errors.ts';
import { checkFilePath, findPathCollisions } from '../core/file-path.ts';
import type { Clock } from './clock.ts';
import { checkVolumeDirectory, hasCode, prepareVolumeDirectory, refused } from './volume-directory.ts';
import { holdsPayload, payloadName, type VolumeFile, writePayload } from './volume-payload.ts';

/** A directory whose files change all at once. */
export interface Volume {
  /** Absolute. */
  readonly path: string;
  /**
   * Makes the volume hold exactly `files`; nothing moves when it already does. Answers whether something changed.
   * One write at a time. Throws OUTPUT_REFUSED.
   */
  write(files: readonly VolumeFile[]): Promise<boolean>;
}

/**
 * Opens a directory that does not exist yet or that was made here before, and writes it as the CSI driver writes a
 * volume: the files of one generation stand in `..TIMESTAMP.RANDOM`, the symlink `..data` points there and is swapped
 * by one rename, and every visible name is a relative symlink through `..data`. A reader that follows `..data` once sees
 * one generation. Unlike the driver's writer a changed mode counts as a change.
 */
export async function openVolume(directory: string, deps: { readonly clock: Clock }): Promise<Volume> {
  const path = await refusing(directory, () => prepareVolumeDirectory(directory));
  return { path, write: (files) => refusing(path, () => writeVolume(path, files, deps.clock.now())) };
}

async function writeVolume(volume: string, files: readonly VolumeFile[], nowMs: number): Promise<boolean> {
  checkPaths(volume, files);
  await checkVolumeDirectory(volume);
  const names = new Set(files.map((file) => firstElement(file.path)));
  const current = await readCurrent(volume);
  await refuseForeign(volume, names);
  const unchanged = current !== undefined && (await holdsPayload(join(volume, current), files));
  const next = unchanged ? current : await writePayload(volume, files, nowMs);
  if (!unchanged) await pointData(volume, next);
  await linkNames(volume, names);
  await removeLeftovers(volume, names, next);
  return !unchanged;
}

function checkPaths(volume: string, files: readonly VolumeFile[]): void {
  const paths = files.map((file) => file.path);
  for (const path of paths) {
    const reason = checkFilePath(path);
    if (reason !== undefined)
      throw refused(volume, `cannot hold ${JSON.stringify(path)}: it ${reason}`, 'rename the object');
  }
  const collision = findPathCollisions(paths)[0];
  if (collision === undefined) return;
  const both = `both ${JSON.stringify(collision.path)} and ${JSON.stringify(collision.other)}`;
  throw refused(volume, `cannot hold ${both}`, 'rename one of the objects');
}

/** The generation that `..data` points to; undefined before the first. */
async function readCurrent(volume: string): Promise<string | undefined> {
  const link = join(volume, dataName);
  try {
    const target = await readlink(link);
    if (payloadName.test(target)) return target;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (!hasCode(error, 'EINVAL')) throw error;
  }
  throw refused(link, 'is not the link that lockstep made', 'remove it or name another directory');
}

/** Somebody's file under the name of an object is neither overwritten nor followed. */
async function refuseForeign(volume: string, names: ReadonlySet<string>): Promise<void> {
  for (const name of names) {
    const path = join(volume, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats !== undefined && !(await isOwnLink(volume, name))) {
      throw refused(path, 'is not the link that lockstep made', 'remove it or name another directory');
    }
  }
}

/** The one moment at which a new generation becomes visible. */
async function pointData(volume: string, payload: string): Promise<void> {
  const temporary = join(volume, `${dataName}_tmp`);
  await rm(temporary, { force: true });
  await symlink(payload, temporary);
  await rename(temporary, join(volume, dataName));
}

async function linkNames(volume: string, names: ReadonlySet<string>): Promise<void> {
  for (const name of names) {
    if (!(await isOwnLink(volume, name))) await symlink(join(dataName, name), join(volume, name));
  }
}

/** Names that are listed no more, older generations, and what an interrupted write left. */
async function removeLeftovers(volume: string, names: ReadonlySet<string>, current: string): Promise<void> {
  for (const entry of await readdir(volume)) {
    const path = join(volume, entry);
    if (payloadName.test(entry) && entry !== current) await rm(path, { recursive: true, force: true });
    else if (!names.has(entry) && (await isOwnLink(volume, entry))) await unlink(path);
  }
}

const dataName = '..data';

async function isOwnLink(volume: string, name: string): Promise<boolean> {
  const target = await readlink(join(volume, name)).catch(() => undefined);
  return target === join(dataName, name);
}

function firstElement(path: string): string {
  return path.split('/', 1)[0] ?? path;
}

/** File-system errors name the directory and the system's reason. */
async function refusing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SecretError) throw error;
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw refused(path, `cannot be written (${reason})`, 'check its permissions and free space', error);
  }
}
