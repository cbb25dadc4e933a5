import { SecretError } from '../core/errors.ts';
import { formatDuration } from '../core/duration.ts';
import { storeName } from '../core/object-ref.ts';
import type { Plan, ResolvedObject } from '../core/plan.ts';
import type { Resolver } from '../core/resolver.ts';
import { requireAll } from '../csi/mount-failure.ts';
import type { Clock } from '../platform/clock.ts';
import { createDeadline } from '../platform/deadline.ts';
import type { Volume } from '../platform/volume-writer.ts';
import type { Host } from './host.ts';

export interface MountSessionDeps {
  readonly clock: Clock;
  readonly host: Pick<Host, 'out' | 'err' | 'isTerminal' | 'stop'>;
  readonly plan: Plan;
  readonly volume: Volume;
  readonly resolver: Resolver;
}

/** Prints names and versions, never values. */
export interface MountSession {
  /** All files or none. Throws SecretError. */
  once(): Promise<void>;
  /** Until the host stops. A first round that fails throws; a later one is told and tried again, and the files stay. */
  watch(): Promise<void>;
}

/** As a mount gets it from the daemon. */
const roundTimeoutMs = 100_000;
/** Where the manifest says nothing, as the daemon has it. */
const defaultIntervalMs = 30_000;
/** A refreshInterval of 0s keeps nothing; it does not mean that the store is asked without a pause. */
const minIntervalMs = 1000;

export function createMountSession({ clock, host, plan, volume, resolver }: MountSessionDeps): MountSession {
  let known: ReadonlyMap<string, string> | undefined;

  async function once(): Promise<void> {
    progress(`reading ${plan.objects.length} objects from ${storesOf(plan)}`);
    const objects = await resolve();
    const changed = await volume.write(objects);
    const versions = new Map(objects.map(({ path, version }) => [path, version]));
    host.out(known === undefined ? describeAll(versions, changed) : describeChanges(known, versions));
    known = versions;
  }

  async function resolve(): Promise<readonly ResolvedObject[]> {
    using deadline = createDeadline({ clock, atMs: clock.now() + roundTimeoutMs, parents: [host.stop] });
    try {
      const delivery = known === undefined ? 'first' : 'repeat';
      const { objects, failures } = await resolver.resolve(plan, { signal: deadline.signal, delivery });
      requireAll(failures);
      return objects;
    } catch (error) {
      throw host.stop.aborted ? interruption() : error;
    }
  }

  async function watch(): Promise<void> {
    await once();
    const intervalMs = Math.max(plan.freshness.refreshIntervalMs ?? defaultIntervalMs, minIntervalMs);
    while (await pause(intervalMs)) {
      try {
        await once();
      } catch (error) {
        if (!(error instanceof SecretError)) throw error;
        if (!host.stop.aborted) host.err(`lockstep: ${error.message}; the files stay as they are\n`);
      }
    }
  }

  /** False when it is time to end. */
  async function pause(ms: number): Promise<boolean> {
    progress(`looking again in ${formatDuration(ms)}`);
    try {
      await clock.sleep(ms, host.stop);
      return true;
    } catch (error) {
      if (host.stop.aborted) return false;
      throw error;
    }
  }

  function progress(text: string): void {
    if (host.isTerminal) host.err(`${text}\n`);
  }

  return { once, watch };
}

function storesOf({ objects }: Plan): string {
  return [...new Set(objects.map(({ ref }) => storeName(ref)))].join(', ');
}

function describeAll(versions: ReadonlyMap<string, string>, changed: boolean): string {
  const word = changed ? 'written' : 'current';
  return [...versions].map(([path, version]) => `${word} ${path} ${version}\n`).join('');
}

function describeChanges(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): string {
  const removed = [...before.keys()].filter((path) => !now.has(path)).map((path) => `removed ${path}\n`);
  const changed = [...now]
    .filter(([path, version]) => before.get(path) !== version)
    .map(([path, version]) => `${before.has(path) ? 'changed' : 'added'} ${path} ${version}\n`);
  return [...changed, ...removed].join('');
}

function interruption(): SecretError {
  return new SecretError('MOUNT_CANCELLED', 'interrupted; nothing was written');
}
