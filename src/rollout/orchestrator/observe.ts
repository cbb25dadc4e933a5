import type { LedgerEntry, WorkloadRollout } from '../ledger.ts';
import { pastTime, toTime } from '../past-time.ts';
import type { WorkloadView } from './rollout-view.ts';

/** After so long somebody else's rollout, or a canary that is not healthy, counts as ill. */
export const patienceMs = 10 * 60_000;
/** Progress that is younger is not recorded: most rollouts are over by then. */
const progressStepMs = 60_000;

/** Whether the workload has come no further with the rollout that our last patch began. */
export function isInFlight(entry: LedgerEntry | undefined): boolean {
  return entry?.rollout !== undefined && entry.rollout.endedAt === undefined;
}

/** The entry after a look at the workload: its rollout may have ended, well or not. */
export function observeRollout(entry: LedgerEntry, view: WorkloadView, now: number): LedgerEntry {
  const { rollout } = entry;
  if (rollout === undefined || rollout.endedAt !== undefined) return entry;
  return { ...entry, rollout: observe(rollout, entry.generation, view, now) };
}

export function toFailed(rollout: WorkloadRollout, reason: string, now: number): WorkloadRollout {
  const { progress: _progress, soak: _soak, ...rest } = rollout;
  return { ...rest, endedAt: toTime(now), outcome: 'Failed', reason };
}

/** Why a workload will not become healthy by itself, in one word. Undefined: nothing says that it will not. */
export function illnessOf({ workload: { health }, podFailure }: WorkloadView): string | undefined {
  if (podFailure !== undefined) return podFailure.reason;
  return health.state === 'Failed' ? health.reason : undefined;
}

/** Whether a canary proves its version. */
export function isWell(view: WorkloadView): boolean {
  return view.workload.health.state === 'Healthy' && illnessOf(view) === undefined;
}

function observe(rollout: WorkloadRollout, generation: number, view: WorkloadView, now: number): WorkloadRollout {
  const { health, progressDeadlineMs } = view.workload;
  const wait = (message: string | undefined): WorkloadRollout => waitFor(rollout, message, progressDeadlineMs, now);
  // Older than our patch: what it says is about the time before.
  if (view.workload.generation < generation) return wait(undefined);
  const illness = illnessOf(view);
  if (illness !== undefined) return toFailed(rollout, illness, now);
  if (health.state !== 'Healthy') return wait('message' in health ? health.message : undefined);
  const { progress: _, ...rest } = rollout;
  return { ...rest, endedAt: toTime(now), outcome: 'Updated' };
}

function waitFor(
  rollout: WorkloadRollout,
  message: string | undefined,
  deadlineMs: number,
  now: number,
): WorkloadRollout {
  const { progress, startedAt } = rollout;
  const idleMs = now - pastTime(progress?.at ?? startedAt, now);
  if (message !== undefined && message !== progress?.message && idleMs >= progressStepMs) {
    // What is noted first is no progress yet.
    return { ...rollout, progress: { at: progress === undefined ? startedAt : toTime(now), message } };
  }
  return idleMs >= deadlineMs ? toFailed(rollout, 'RolloutTimeout', now) : rollout;
}
