import { readFile } from 'node:fs/promises';

import { SecretError } from '../core/errors.ts';
import type { Host } from './host.ts';

/** A manifest and the name under which messages speak of it. */
export interface ManifestFile {
  readonly file: string;
  readonly text: string;
}

/** Reads a file, or standard input for `-`. Throws FILE_UNREADABLE. */
export async function readManifestFile(file: string, host: Pick<Host, 'readInput'>): Promise<ManifestFile> {
  if (file === '-') return { file: 'stdin', text: await host.readInput() };
  try {
    return { file, text: await readFile(file, 'utf8') };
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new SecretError(
      'FILE_UNREADABLE',
      `file ${file} cannot be read (${reason}); check its name and permissions`,
      {
        cause: error,
      },
    );
  }
}
