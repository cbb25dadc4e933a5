import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock } from '../platform/clock.ts';
import { probeSocket } from './probe-socket.ts';
import { runtimeName } from './version.ts';

export interface SocketRemoval {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly directory: string;
  /** Provider names; their sockets are NAME.sock. */
  readonly names: readonly string[];
  readonly signal: AbortSignal;
  /** A path that is gone now, or one that is not ours: another runtime serves it, or it is no socket. */
  readonly onPath: (path: string, became: 'removed' | 'foreign') => void;
}

/** How often a socket is asked that a lockstep which is about to end still serves. */
const pauseMs = 1000;
/** A socket that was not put at its path before its daemon was killed. */
const unpublished = /^\.lockstep-[0-9a-f]{6}$/;

/**
 * Removes the sockets that lockstep leaves in place at its end: of those names on which nobody listens any more. Waits for
 * a lockstep that still does, and leaves other runtimes alone. Rejects with the signal's reason.
 */
export async function removeSockets({ clock, directory, names, signal, onPath }: SocketRemoval): Promise<void> {
  let open = [...names.map((name) => `${name}.sock`), ...(await readUnpublished(directory))];
  while (open.length > 0) {
    const served: string[] = [];
    for (const file of open) {
      const path = join(directory, file);
      const outcome = await removeSocket(path);
      if (outcome === 'served') served.push(file);
      else if (outcome !== 'missing') onPath(path, outcome);
    }
    open = served;
    if (open.length > 0) await clock.sleep(pauseMs, signal);
  }
}

async function removeSocket(path: string): Promise<'removed' | 'missing' | 'foreign' | 'served'> {
  const entry = await lstat(path).catch(() => undefined);
  if (entry === undefined) return 'missing';
  // What else lies there is somebody's mistake, and theirs to look at.
  if (!entry.isSocket()) return 'foreign';
  const owner = await probeSocket(path);
  if (owner.state === 'alive' && owner.runtimeName === runtimeName) return 'served';
  if (owner.state !== 'dead') return 'foreign';
  await unlink(path);
  return 'removed';
}

async function readUnpublished(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((file) => unpublished.test(file));
}
