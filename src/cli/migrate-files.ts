import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { SecretError } from '../core/errors.ts';
import { type Output, signature } from '../migrate/output.ts';

export interface MigratedDocument {
  readonly output: Output;
  readonly text: string;
}

/**
 * Writes `NAMESPACE/NAME.yaml` each, over those of an earlier run only. Namespace and name are those of objects of Kubernetes, which
 * hold no slash. Throws OUTPUT_REFUSED before anything is written when one of the files is somebody else's.
 */
export async function writeOutputs(directory: string, documents: readonly MigratedDocument[]): Promise<void> {
  const files = documents.map(({ output, text }) => ({ file: toFile(directory, output), text }));
  for (const { file } of files) await requireOurs(file);
  for (const { file, text } of files) {
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    } catch (error) {
      throw refusal(file, `cannot be written (${reasonOf(error)}); check the directory and its permissions`, error);
    }
  }
}

function toFile(directory: string, { namespace, name }: Output): string {
  return join(directory, namespace, `${name}.yaml`);
}

async function requireOurs(file: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (reasonOf(error) === 'ENOENT' || reasonOf(error) === 'ENOTDIR') return;
    throw refusal(file, `cannot be read (${reasonOf(error)}); check the directory and its permissions`, error);
  }
  if (text.startsWith(signature)) return;
  throw refusal(file, 'is there and was not made by lockstep migrate; move it, or write to another directory');
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}

function refusal(file: string, message: string, cause?: unknown): SecretError {
  return new SecretError('OUTPUT_REFUSED', `file ${file} ${message}`, { cause });
}
