import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { SecretBytes } from '../core/secret-bytes.ts';

/** One file of a volume. */
export interface VolumeFile {
  /** Relative and clean, as `checkFilePath` accepts. */
  readonly path: string;
  /** Permission bits, 0..0o7777, set exactly. */
  readonly mode: number;
  readonly contents: SecretBytes;
}

/** The name of a payload directory: what `..data` points to. */
export const payloadName = /^\.\.\d{4}(?:_\d\d){5}\.[A-Za-z0-9]{6}$/;

/** Writes all files into a new directory of its own beside the others and answers its name; nothing stays of a failure. */
export async function writePayload(volume: string, files: readonly VolumeFile[], nowMs: number): Promise<string> {
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '_');
  const directory = await mkdtemp(join(volume, `..${stamp}.`));
  try {
    for (const file of files) await writeVolumeFile(directory, file);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  return basename(directory);
}

async function writeVolumeFile(directory: string, { path, mode, contents }: VolumeFile): Promise<void> {
  const target = join(directory, path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await writeFile(target, contents.reveal(), { flag: 'wx', mode: 0o600 });
  // After writing, so that neither the umask nor a mode without write permission matters.
  await chmod(target, mode);
}

/** Whether the directory holds exactly these files with these modes. What cannot be read counts as different. */
export async function holdsPayload(directory: string, files: readonly VolumeFile[]): Promise<boolean> {
  if ((await countFiles(directory)) !== files.length) return false;
  for (const file of files) {
    if (!(await holdsFile(join(directory, file.path), file))) return false;
  }
  return true;
}

async function holdsFile(path: string, file: VolumeFile): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  if (!stats?.isFile() || (stats.mode & 0o7777) !== file.mode || stats.size !== file.contents.size) return false;
  const contents = await readFile(path).catch(() => undefined);
  if (contents === undefined) return false;
  const kept = SecretBytes.from(contents);
  const equal = kept.equals(file.contents);
  kept.zero();
  return equal;
}

/** Everything below that is not a directory; symlinks are not followed. Undefined: there is no such directory. */
async function countFiles(directory: string): Promise<number | undefined> {
  const stats = await lstat(directory).catch(() => undefined);
  if (!stats?.isDirectory()) return undefined;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).length;
}
