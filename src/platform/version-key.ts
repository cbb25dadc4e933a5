import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';

import { SecretError } from '../core/errors.ts';
import { problemsError } from '../core/problem.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { parseVersionKey } from '../core/version.ts';

/** More than any mistake that deserves a hint about its length; keeps a device or a log file from being read whole. */
const maxReadBytes = 1024;

/** Reads the file of `--version-key-file`, once. Throws VERSION_KEY_INVALID. */
export async function readVersionKey(file: string): Promise<SecretBytes> {
  const parsed = parseVersionKey(await readStart(file));
  if (parsed.ok) return parsed.value;
  throw problemsError(parsed.problems.map((problem) => ({ ...problem, path: `${problem.path} ${file}` })));
}

/** A key for one run of the process: versions then change at every restart. */
export function createVersionKey(): SecretBytes {
  return SecretBytes.from(randomBytes(32));
}

async function readStart(file: string): Promise<Uint8Array> {
  try {
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(maxReadBytes), position: 0 });
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    const message = `--version-key-file ${file} cannot be read (${reason}); it must exist and hold 32 raw bytes`;
    throw new SecretError('VERSION_KEY_INVALID', message, { cause: error });
  }
}
