import type { LedgerEntry, WorkloadRollout } from '../ledger.ts';
import { illnessOf, isWell, patienceMs, toFailed } from './observe.ts';
import { duePatch, type Participant } from './participants.ts';
import { pastTime } from '../past-time.ts';
import type { RolloutSpec } from '../rollout-spec.ts';
import type { WorkloadState } from './workload-state.ts';

/** How far the workloads are that go before the others. */
export type CanaryPhase =
  /** They have proven the version, or there are none: the others may follow. */
  | { readonly kind: 'Over' }
  /** So many more may begin. */
  | { readonly kind: 'Starting'; readonly room: number }
  /** All have begun. `until`, in milliseconds since the epoch: their soak ends; undefined: they are not done. */
  | { readonly kind: 'Watching'; readonly canaries: readonly Participant[]; readonly until: number | undefined };

export interface CanaryFacts {
  readonly spec: RolloutSpec['canary'];
  readonly version: string | undefined;
  /** The version that goes on in spite of everything. */
  readonly resume: string | undefined;
  readonly now: number;
  readonly stateOf: (participant: Participant) => WorkloadState | undefined;
}

/**
 * From the ledger alone: the canaries of a version are those that began first. Once another has followed, the phase is over for
 * good. Nobody is watched for the sake of others when there are none.
 */
export function canaryPhase(members: readonly Participant[], facts: CanaryFacts): CanaryPhase {
  const { spec, version, resume, now } = facts;
  const canaries = canariesOf(members, version);
  if (spec.count === 0 || resume === version || canaries.length > spec.count) return over;
  const waiting = members.filter((member) => member.decision.kind === 'stamp');
  if (waiting.length === 0) return over;
  const eligible = waiting.filter((member) => isEligible(member, facts.stateOf(member)));
  const room = Math.min(spec.count - canaries.length, eligible.length);
  if (room > 0) return { kind: 'Starting', room };
  const ends = canaries.flatMap((canary) => soakEnd(canary, spec.soakMs, now) ?? []);
  const until = ends.length === canaries.length ? Math.max(0, ...ends) : undefined;
  const isProven = until !== undefined && until <= now && canaries.every(({ view }) => isWell(view));
  return isProven ? over : { kind: 'Watching', canaries, until };
}

/** Canaries whose soak goes on, or did not end well: ill ones have failed after all. */
export function watchCanaries(
  members: readonly Participant[],
  phase: CanaryPhase,
  { spec, version, now }: CanaryFacts,
): readonly Participant[] {
  if (phase.kind === 'Over') return members;
  const canaries = new Set(canariesOf(members, version));
  return members.map((member) => (canaries.has(member) ? watch(member, spec.soakMs, now) : member));
}

/** Of a version: those that began with it and were well before. */
export function canariesOf(members: readonly Participant[], version: string | undefined): readonly Participant[] {
  return members.filter(({ entry, view }) => {
    const { rollout } = entry ?? {};
    return rollout?.version === version && rollout?.wasUnhealthy !== true && view.workload.kind !== 'CronJob';
  });
}

const over: CanaryPhase = { kind: 'Over' };

/** May be a canary, if not now then when it is no longer busy. A CronJob shows nothing. */
function isEligible(member: Participant, state: WorkloadState | undefined): boolean {
  if (state === undefined || state.isIll || member.view.workload.kind === 'CronJob') return false;
  return duePatch(member) !== undefined && state.block !== 'Frozen' && state.block !== 'Paused';
}

function soakEnd({ entry }: Participant, soakMs: number, now: number): number | undefined {
  const { endedAt, outcome } = entry?.rollout ?? {};
  return endedAt === undefined || outcome !== 'Updated' ? undefined : pastTime(endedAt, now) + soakMs;
}

function watch(member: Participant, soakMs: number, now: number): Participant {
  const { entry, view, decision } = member;
  const end = soakEnd(member, soakMs, now);
  if (entry?.rollout === undefined || end === undefined) return member;
  const reason = decision.kind === 'held' ? 'RolledBack' : illnessOf(view);
  const isTired = now - end >= patienceMs && !isWell(view);
  if (reason === undefined && !isTired) return member;
  return { ...member, entry: withRollout(entry, toFailed(entry.rollout, reason ?? 'Unhealthy', now)) };
}

function withRollout(entry: LedgerEntry, rollout: WorkloadRollout): LedgerEntry {
  return { ...entry, rollout };
}
