import { type CanaryPhase, canariesOf } from './canary-phase.ts';
import type { Participant } from './participants.ts';
import { toTime } from '../past-time.ts';
import type { Halt } from '../rollout-status.ts';
import type { SourceView } from './rollout-view.ts';

/**
 * Why the version goes no further; undefined: it may. More failures than are allowed stop it, and the failure of a canary always
 * does. It stays so until the next version, or as long as `lockstep.dev/resume` does not name it.
 */
export function haltOf(
  source: SourceView,
  version: string | undefined,
  {
    members,
    phase,
    now,
  }: { readonly members: readonly Participant[]; readonly phase: CanaryPhase; readonly now: number },
): Halt | undefined {
  if (version === undefined || source.resume === version) return undefined;
  const { halted } = source.status ?? {};
  if (halted?.version === version) return halted;
  // What was ill before counts for nothing, as with canaries.
  const failed = canariesOf(members, version).filter(({ entry }) => entry?.rollout?.outcome === 'Failed');
  const allowed = phase.kind === 'Over' ? source.spec.maxFailures : 0;
  const [last] = failed.toSorted((one, other) => endOf(other) - endOf(one));
  if (last === undefined || failed.length <= allowed) return undefined;
  const reason = last.entry?.rollout?.reason ?? 'Unknown';
  return { version, workload: last.view.workload.key, reason, at: toTime(now) };
}

function endOf({ entry }: Participant): number {
  return Date.parse(entry?.rollout?.endedAt ?? '') || 0;
}
