import { closeSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Everything below `root` but folders, in order; links are named and not followed. */
export function filesOf(root: string, folder = ''): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesOf(root, path) : [path];
    })
    .toSorted();
}

/** The machine of each program and library below `root`, by path: 62 is amd64, 183 arm64. */
export function machinesOf(root: string): ReadonlyMap<string, number> {
  const machines = new Map<string, number>();
  for (const file of filesOf(root)) {
    const path = join(root, file);
    const head = lstatSync(path).isFile() ? readHead(path) : undefined;
    if (head?.toString('latin1', 0, 4) === '\x7fELF') machines.set(file, head.readUInt16LE(18));
  }
  return machines;
}

/** The first 20 bytes. */
function readHead(file: string): Buffer {
  const head = Buffer.alloc(20);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, head);
  closeSync(descriptor);
  return head;
}
