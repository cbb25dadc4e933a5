import { SecretError } from '../core/errors.ts';
import { maxReplyBytes } from '../core/limits.ts';
import type { PlannedObject, ResolvedObject } from '../core/plan.ts';
import type { ObjectFailure, Resolution } from '../core/resolver.ts';
import type { Projection } from './content.ts';
import { VolumeTree } from './volume-tree.ts';

/** Contents beyond what any reply can carry are not worked out: many objects may each be the whole of a large answer. */
const maxContentsBytes = 2 * maxReplyBytes;

/**
 * The files and failures of a plan, in its order: absent optional objects left out, expanded ones in place of their parent
 * unless a file of theirs would take the place of another.
 */
export function assemble(
  objects: readonly PlannedObject[],
  project: (object: PlannedObject) => Projection,
): Resolution {
  const tree = toTree(objects);
  const resolved: ResolvedObject[] = [];
  const failures: ObjectFailure[] = [];
  let leftBytes = maxContentsBytes;
  for (const object of objects) {
    const projection = leftBytes < 0 ? tooLarge(object) : checked(object, project(object), tree);
    if (projection.status === 'files') resolved.push(...projection.files);
    else if (!object.optional || !projection.error.isAbsent)
      failures.push({ name: object.name, error: projection.error });
    leftBytes -= projection.sizeBytes;
  }
  return { objects: resolved, failures };
}

/** The places of the files that are not expanded; undefined where nothing is expanded, so that nothing can collide. */
function toTree(objects: readonly PlannedObject[]): VolumeTree | undefined {
  if (!objects.some(({ expand }) => expand)) return undefined;
  return new VolumeTree(objects.filter(({ expand }) => !expand).map(({ path }) => path));
}

function checked(object: PlannedObject, projection: Projection, tree: VolumeTree | undefined): Projection {
  if (!tree || !object.expand || projection.status === 'failed') return projection;
  for (const { path } of projection.files) {
    if (tree.isTaken(path)) return collision(object, path);
  }
  for (const { path } of projection.files) tree.add(path);
  return projection;
}

function collision({ name }: PlannedObject, path: string): Projection {
  const problem = `object ${JSON.stringify(name)} cannot be expanded: its key ${JSON.stringify(path)} would take the place`;
  const message = `${problem} of another file of the volume; rename that object, or select the keys one by one`;
  return { status: 'failed', error: new SecretError('EXPAND_FAILED', message), sizeBytes: 0 };
}

function tooLarge({ name }: PlannedObject): Projection {
  const message = `object ${JSON.stringify(name)}: the objects before it hold more than one reply can carry; split the volume`;
  return { status: 'failed', error: new SecretError('REPLY_TOO_LARGE', message), sizeBytes: 0 };
}
