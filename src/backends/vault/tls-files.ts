import { X509Certificate } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { open, opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { SecretError } from '../../core/errors.ts';
import type { PolicyGuard } from './policy.ts';

/** Reads one small regular file named by a parameter. Throws PATH_FORBIDDEN, FILE_UNREADABLE. */
export async function readFileOf(guard: PolicyGuard, parameter: string, path: string): Promise<Buffer> {
  const real = await guard.checkPath(parameter, path);
  try {
    // Not blocking: a pipe must not hang the daemon.
    await using file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = checked(await file.stat());
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size), { position: 0 });
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw unreadable(parameter, path, 'cannot be read as a file of at most 1 MiB', error);
  }
}

/** The certificates of a PEM file. Parity: other blocks are passed over, but there must be a certificate. */
export async function readCaFile(guard: PolicyGuard, parameter: string, path: string): Promise<readonly string[]> {
  const certificates = toCertificates(await readFileOf(guard, parameter, path));
  if (certificates.length > 0) return certificates;
  throw unreadable(parameter, path, 'holds no certificate in PEM form');
}

/**
 * The certificates of all files below a directory. Parity: every file must hold one. Names that begin with `..` are
 * passed over: Kubernetes keeps the real files of a mounted Secret behind such links.
 */
export async function readCaDirectory(guard: PolicyGuard, parameter: string, path: string): Promise<readonly string[]> {
  await guard.checkPath(parameter, path);
  const files = await listFiles(parameter, path);
  const certificates: string[] = [];
  for (const file of files.toSorted()) certificates.push(...(await readCaFile(guard, parameter, file)));
  return certificates;
}

const maxFileBytes = 1024 * 1024;
const maxFiles = 1000;
const maxDepth = 8;
const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function checked(stats: Stats): Stats {
  if (!stats.isFile() || stats.size > maxFileBytes) throw new Error('not a small regular file');
  return stats;
}

function toCertificates(pem: Buffer): readonly string[] {
  const blocks = pem.toString('latin1').match(certificateBlock) ?? [];
  return blocks.filter((block) => {
    try {
      return new X509Certificate(block).subject !== undefined;
    } catch {
      return false;
    }
  });
}

async function listFiles(parameter: string, root: string): Promise<string[]> {
  const files: string[] = [];
  const directories = [{ path: root, depth: 0 }];
  for (let next = directories.pop(); next !== undefined; next = directories.pop()) {
    const { path, depth } = next;
    for (const entry of await listDirectory(parameter, path)) {
      if (entry.isDirectory) directories.push({ path: entry.path, depth: depth + 1 });
      else files.push(entry.path);
    }
    if (files.length > maxFiles || depth > maxDepth) throw unreadable(parameter, root, 'holds too many files');
  }
  return files;
}

/** A link to a directory is passed over, so that there are no circles. */
async function listDirectory(parameter: string, path: string): Promise<{ path: string; isDirectory: boolean }[]> {
  const found: { path: string; isDirectory: boolean }[] = [];
  try {
    for await (const entry of await opendir(path)) {
      const entryPath = join(path, entry.name);
      const isLinkedDirectory = entry.isSymbolicLink() && (await stat(entryPath)).isDirectory();
      if (entry.name.startsWith('..') || isLinkedDirectory) continue;
      found.push({ path: entryPath, isDirectory: entry.isDirectory() });
    }
    return found;
  } catch (error) {
    throw unreadable(parameter, path, 'cannot be read as a directory', error);
  }
}

function unreadable(parameter: string, path: string, reason: string, cause?: unknown): SecretError {
  return new SecretError('FILE_UNREADABLE', `${parameter} ${JSON.stringify(path)} ${reason}`, { cause });
}
