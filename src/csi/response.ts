import { SecretError } from '../core/errors.ts';
import { maxReplyBytes } from '../core/limits.ts';
import type { ResolvedObject } from '../core/plan.ts';
import { MountResponse } from '../gen/v1alpha1/service.ts';

/** Stands in for a volume without any object: to the driver an empty list of files means that we wrote them ourselves. */
export const placeholderPath = '.lockstep';
/** How many of the biggest objects a refusal names. */
const namedObjects = 3;

/**
 * The encoded reply: every file and every version. The driver writes the files with these modes.
 * Throws REPLY_TOO_LARGE before the driver would, because its refusal leads to an empty volume.
 */
export function encodeReply(objects: readonly ResolvedObject[], defaultMode: number): Buffer {
  if (contentBytes(objects) > maxReplyBytes) throw tooLarge(objects);
  const bytes = MountResponse.encode(toReply(objects, defaultMode)).finish();
  if (bytes.byteLength > maxReplyBytes) throw tooLarge(objects);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toReply(objects: readonly ResolvedObject[], defaultMode: number): MountResponse {
  if (objects.length === 0) {
    return {
      objectVersion: [{ id: placeholderPath, version: 'empty' }],
      error: undefined,
      files: [{ path: placeholderPath, mode: defaultMode, contents: Buffer.alloc(0) }],
    };
  }
  return {
    objectVersion: toVersions(objects),
    error: undefined,
    files: objects.map(({ path, mode, contents }) => ({ path, mode, contents: contents.reveal() })),
  };
}

/**
 * The reply to a class without objects: no file, and one version, because the driver fails a mount without any.
 * Parity: the official AWS provider answers neither.
 */
export function encodeEmptyReply(): Buffer {
  const reply = { objectVersion: [{ id: placeholderPath, version: 'empty' }], error: undefined, files: [] };
  return Buffer.from(MountResponse.encode(reply).finish());
}

/** The driver keeps one version per id, so a name that stands for several files gives way to their paths. */
function toVersions(objects: readonly ResolvedObject[]): MountResponse['objectVersion'] {
  const ids = new Set<string>();
  return objects.map(({ name, path, version }) => {
    const id = ids.has(name) ? path : name;
    ids.add(id);
    return { id, version };
  });
}

function contentBytes(objects: readonly ResolvedObject[]): number {
  return objects.reduce((sum, { contents }) => sum + contents.size, 0);
}

function tooLarge(objects: readonly ResolvedObject[]): SecretError {
  const biggest = objects.toSorted((a, b) => b.contents.size - a.contents.size).slice(0, namedObjects);
  const names = biggest.map(({ name, contents }) => `${JSON.stringify(name)} (${contents.size} bytes)`).join(', ');
  const total = `${objects.length} objects with ${contentBytes(objects)} bytes`;
  const remedy = `split the class into several volumes; the biggest are ${names}`;
  return new SecretError('REPLY_TOO_LARGE', `${total} are more than the driver takes (${maxReplyBytes}): ${remedy}`);
}
