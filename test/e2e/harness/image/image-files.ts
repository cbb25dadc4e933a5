import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Everything below `root` but folders, in order; links are not followed. */
export function filesOf(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted();
}

/** The machine of each program and library below `root`, by path: 62 is amd64, 183 arm64. */
export function machinesOf(root: string): ReadonlyMap<string, number> {
  const machines = new Map<string, number>();
  for (const file of filesOf(root)) {
    const head = readHead(join(root, file));
    if (head.subarray(0, 4).toString('latin1') === '\x7fELF') machines.set(file, head.readUInt16LE(18));
  }
  return machines;
}

/** The first 20 bytes; a link that leads out of the image has none. */
function readHead(file: string): Buffer {
  const head = Buffer.alloc(20);
  try {
    const descriptor = openSync(file, 'r');
    readSync(descriptor, head);
    closeSync(descriptor);
  } catch {
    // A link to an absolute path of the image.
  }
  return head;
}
