import type { LedgerEntry, WorkloadRollout } from '../ledger.ts';
import { illnessOf, isWell, patienceMs, toFailed } from './observe.ts';
import { duePatch, type Participant } from './participants.ts';
import { pastTime, toTime } from '../past-time.ts';
import type { RolloutSpec } from '../rollout-spec.ts';
import type { WorkloadState } from './workload-state.ts';

/** How far the workloads are that go before the others. */
export type CanaryPhase =
  /** They have proven the version, or there are none: the others may follow. */
  | { readonly kind: 'Over' }
  /** So many more may begin. */
  | { readonly kind: 'Starting'; readonly room: number }
  /**
   * All have begun. In milliseconds since the epoch: `until` their soak ends; undefined: they are not done, or not healthy.
   * `tiredAt`: those that are not healthy then have failed; undefined: all are.
   */
  | {
      readonly kind: 'Watching';
      readonly canaries: readonly Participant[];
      readonly until: number | undefined;
      readonly tiredAt: number | undefined;
    };

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
  if (isProven) return over;
  const tired = canaries
    .filter(({ view }) => !isWell(view))
    .flatMap((canary) => tiredAt(canary, spec.soakMs, now) ?? []);
  return { kind: 'Watching', canaries, until, tiredAt: tired.length === 0 ? undefined : Math.min(...tired) };
}

/** What was seen of canaries: ill ones have failed after all, and for one that was not healthy meanwhile the soak begins anew. */
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

/** By the ledger; undefined: it has none, or not while the canary is as it was seen last. */
function soakEnd({ entry }: Participant, soakMs: number, now: number): number | undefined {
  const { endedAt, outcome, soak } = entry?.rollout ?? {};
  if (endedAt === undefined || outcome !== 'Updated' || soak?.isWell === false) return undefined;
  return pastTime(soak?.since ?? endedAt, now) + soakMs;
}

/** When patience with it ends, however often it was healthy meanwhile. */
function tiredAt({ entry }: Participant, soakMs: number, now: number): number | undefined {
  const { endedAt, outcome } = entry?.rollout ?? {};
  return endedAt === undefined || outcome !== 'Updated' ? undefined : pastTime(endedAt, now) + soakMs + patienceMs;
}

function watch(member: Participant, soakMs: number, now: number): Participant {
  const { entry, view, decision } = member;
  const tired = tiredAt(member, soakMs, now);
  if (entry?.rollout === undefined || tired === undefined) return member;
  const isWellNow = isWell(view);
  const reason = decision.kind === 'held' ? 'RolledBack' : illnessOf(view);
  if (reason !== undefined || (now >= tired && !isWellNow)) {
    return { ...member, entry: withRollout(entry, toFailed(entry.rollout, reason ?? 'Unhealthy', now)) };
  }
  if (isWellNow === (entry.rollout.soak?.isWell ?? true)) return member;
  const soak = { since: toTime(now), isWell: isWellNow };
  return { ...member, entry: withRollout(entry, { ...entry.rollout, soak }) };
}

function withRollout(entry: LedgerEntry, rollout: WorkloadRollout): LedgerEntry {
  return { ...entry, rollout };
}
