import type { FileChange, MountedFile } from './played-driver.ts';
import { showValue } from './show-value.ts';
import { formatVersion, type TreeOptions } from './tree.ts';

/** `db/password  co*** → ro***  version 3fG8… → 8sK1…`: what a republish did to one file. */
export function formatChange({ path, before, after }: FileChange, options: TreeOptions): string {
  const { paint, reveal } = options;
  if (after === undefined) return `${path}  ${paint.yellow('removed')}`;
  const value = (file: MountedFile): string => paint.green(showValue(file.contents, reveal));
  if (before === undefined) return `${path}  ${paint.yellow('new')}  ${value(after)}`;
  const versions = `${formatVersion(before.version)} → ${after.version.slice(0, 8)}`;
  return `${path}  ${value(before)} → ${value(after)}  ${paint.dim(versions)}`;
}
