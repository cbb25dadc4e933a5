import type { LedgerEntry } from './ledger.ts';
import { isInFlight, patienceMs } from './observe.ts';
import { duePatch, type Participant } from './participants.ts';
import { pastTime, toTime } from './past-time.ts';
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
}

/**
 * `Busy`: somebody else's rollout goes on. `Unseen`: its revisions have to be counted. `Braked`: there are too many of them.
 */
export type Block = 'Frozen' | 'Paused' | 'InFlight' | 'Busy' | 'Unseen' | 'Braked';

/** Beyond what Kubernetes keeps: it cleans up when a rollout is complete only. */
const spareRevisions = 2;

/** `participants`: the workload as each of its sources sees it. */
export function toWorkloadState(participants: readonly Participant[], view: WorkloadView, now: number): WorkloadState {
  const entries = participants.flatMap(({ entry }) => entry ?? []);
  const condition = conditionOf(entries, view, now);
  const isIll = condition === 'Ill';
  const state = { isInFlight: entries.some(isInFlight), isIll, isBrokenByUs: isIll && entries.some(hasBroken) };
  return { ...state, block: blockOf(state.isInFlight, condition, view) };
}

/** The participant, with when it began to wait for somebody else's rollout. */
export function withBusySince(participant: Participant, { block }: WorkloadState, now: number): Participant {
  if (participant.entry === undefined || duePatch(participant) === undefined) return participant;
  const { busySince, ...rest } = participant.entry;
  const isProgressing = participant.view.workload.health.state === 'Progressing' && block !== 'InFlight';
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
  if (condition === 'Well' || workload.kind === 'CronJob') return undefined;
  if (revisions === undefined) return 'Unseen';
  return revisions > workload.revisionHistoryLimit + spareRevisions ? 'Braked' : undefined;
}
