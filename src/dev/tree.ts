import type { MountedFile } from './played-driver.ts';
import type { Paint } from './screen.ts';
import { showValue } from './show-value.ts';

export interface TreeOptions {
  readonly paint: Paint;
  readonly reveal: boolean;
}

/** The files of a volume, one line each: path, mode, size, value and version. */
export function formatTree(files: readonly MountedFile[], options: TreeOptions): readonly string[] {
  const { paint, reveal } = options;
  const pathWidth = Math.max(...files.map(({ path }) => path.length));
  return files.map(({ path, mode, contents, version }, index) => {
    const branch = formatBranch(index, files.length, paint);
    const size = `${contents.byteLength} B`.padStart(7);
    const value = showValue(contents, reveal);
    const facts = `${formatMode(mode)} ${size}  ${paint.green(value)}  ${paint.dim(formatVersion(version))}`;
    return `${branch} ${path.padEnd(pathWidth)}  ${facts}`;
  });
}

/** Of the line with that index. */
export function formatBranch(index: number, lines: number, paint: Paint): string {
  return paint.dim(index === lines - 1 ? '└─' : '├─');
}

/** The start of a version is enough to see that it changed. */
export function formatVersion(version: string): string {
  return `version ${version.slice(0, 8)}`;
}

function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
