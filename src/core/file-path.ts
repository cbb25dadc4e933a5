const maxPathBytes = 4096;
const maxElementBytes = 255;

/**
 * Why a path inside the volume is refused, as the end of a sentence that starts with the path; undefined: it is fine.
 * Parity: what the driver refuses (there one bad path fails the whole mount, late), plus NUL, which no file name may hold,
 * and `.`, which the driver takes for a file.
 */
export function checkFilePath(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.includes('\0')) return 'holds a NUL character';
  if (path.startsWith('/')) return 'is absolute; it must be relative to the volume';
  if (Buffer.byteLength(path) > maxPathBytes) return `is longer than ${maxPathBytes} bytes`;

  const elements = path.split('/');
  if (elements.includes('..')) return 'has an element `..`';
  if (path.startsWith('..')) return 'starts with `..`, which the driver keeps for itself';
  if (elements.some((element) => element === '' || element === '.'))
    return 'is not clean: no `//`, no `.`, no `/` at the end';
  if (elements.some((element) => Buffer.byteLength(element) > maxElementBytes)) {
    return `has an element longer than ${maxElementBytes} bytes`;
  }
  return undefined;
}

/** Two paths that cannot stand in one volume: equal, or `path` would have to be a file and a directory. */
export interface PathCollision {
  readonly path: string;
  /** Equal to `path`, or under it. */
  readonly other: string;
}

/** Every collision among paths that checkFilePath accepts, in order of the paths. */
export function findPathCollisions(paths: readonly string[]): readonly PathCollision[] {
  // With the separator as the lowest character, all that lies under a path follows it without a gap.
  const sorted = paths.map((path) => path.replaceAll('/', '\0')).toSorted();
  const collisions: PathCollision[] = [];
  let upper: string | undefined;
  for (const path of sorted) {
    if (upper !== undefined && (path === upper || path.startsWith(`${upper}\0`))) {
      collisions.push({ path: restore(upper), other: restore(path) });
    } else {
      upper = path;
    }
  }
  return collisions;
}

function restore(path: string): string {
  return path.replaceAll('\0', '/');
}
