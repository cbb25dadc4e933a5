import type { LedgerEntry } from '../ledger.ts';
import { isInFlight, patienceMs } from './observe.ts';
import { duePatch, type Participant } from './participants.ts';
import { pastTime, toTime } from '../past-time.ts';
import type { WorkloadView } from './rollout-view.ts';

/** How a workload does, all its sources taken together. */
export interface WorkloadState {
  /** A rollout that we began goes on. */
  readonly isInFlight: boolean;
  /** It is not well, and not just on its way: it goes last, is no canary, and its failure counts for nothing. */
  readonly isIll: boolean;
  /** That is so since our last rollout: it is healed before the others follow. */
  readonly isBrokenByUs: boolean;
  /** Why nothing may begin; undefined: nothing is in the way. */
  readonly block: Block | undefined;
  /** Its revisions have to be counted before it may begin. */
  readonly isUncounted: boolean;
}

/** `Busy`: somebody else's rollout goes on. `Braked`: it is ill, and has too many old revisions. */
export type Block = 'Frozen' | 'Paused' | 'InFlight' | 'Busy' | 'Braked';

/** Beyond what Kubernetes keeps: it cleans up when a rollout is complete only. */
const spareRevisions = 2;

/** `participants`: the workload as each of its sources sees it. */
export function toWorkloadState(participants: readonly Participant[], view: WorkloadView, now: number): WorkloadState {
  const entries = participants.flatMap(({ entry }) => entry ?? []);
  const condition = conditionOf(entries, view, now);
  const isIll = condition === 'Ill';
  const inFlight = entries.some(isInFlight);
  return {
    isInFlight: inFlight,
    isIll,
    isBrokenByUs: isIll && entries.some(hasBroken),
    block: blockOf(inFlight, condition, view),
    isUncounted: isIll && view.workload.kind !== 'CronJob' && view.revisions === undefined,
  };
}

/** The participant, with when it began to wait for somebody else's rollout. */
export function withBusySince(participant: Participant, state: WorkloadState | undefined, now: number): Participant {
  if (participant.entry === undefined || duePatch(participant) === undefined) return participant;
  const { busySince, ...rest } = participant.entry;
  const isProgressing = participant.view.workload.health.state === 'Progressing' && state?.isInFlight === false;
  const entry: LedgerEntry = isProgressing ? { ...rest, busySince: toTime(pastTime(busySince, now)) } : rest;
  return { ...participant, entry };
}

type Condition = 'Well' | 'Busy' | 'Ill';

function conditionOf(entries: readonly LedgerEntry[], view: WorkloadView, now: number): Condition {
  switch (view.workload.health.state) {
    case 'Healthy':
    case 'Paused':
      return 'Well';
    case 'Failed':
      return 'Ill';
    case 'Progressing': {
      const isTired = entries.some(({ busySince }) => now - pastTime(busySince, now) >= patienceMs);
      return isTired || entries.some(({ rollout }) => rollout?.outcome === 'Failed') ? 'Ill' : 'Busy';
    }
  }
}

function hasBroken({ rollout }: LedgerEntry): boolean {
  return rollout?.outcome === 'Failed' && rollout.wasUnhealthy !== true;
}

function blockOf(
  inFlight: boolean,
  condition: Condition,
  { workload, isFrozen, revisions }: WorkloadView,
): Block | undefined {
  if (isFrozen) return 'Frozen';
  if (inFlight) return 'InFlight';
  if (workload.isPaused) return 'Paused';
  if (condition === 'Busy') return 'Busy';
  const isBraked = condition === 'Ill' && (revisions ?? 0) > workload.revisionHistoryLimit + spareRevisions;
  return isBraked ? 'Braked' : undefined;
}
