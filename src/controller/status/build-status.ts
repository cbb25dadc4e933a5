import { isDeepStrictEqual } from 'node:util';

import { type Condition, toCondition, toTimeText } from '../../kube/condition.ts';
import type { Attempt } from '../attempt.ts';
import { type Outcome, toOutcome } from './sync-outcome.ts';
import type { SyncObject } from '../sync-object.ts';
import type { SyncStatus } from './sync-status.ts';

export interface StatusInput {
  /** With the status as it was written last. */
  readonly sync: SyncObject;
  readonly attempt: Attempt;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * The status after an attempt. What the attempt did not find out stays as it was, so that a sync that fails still says what
 * stands there. Conditions as kstatus reads them: Ready always, Reconciling or Stalled only while they are True.
 */
export function buildStatus({ sync, attempt, nowMs }: StatusInput): SyncStatus {
  const { status: before } = sync;
  const isSuspended = sync.spec?.suspend === true;
  const { class: found } = attempt;
  const secrets = attempt.secrets ?? before.secrets;
  return {
    ...before,
    observedGeneration: sync.generation,
    ...(found && { observedClass: { name: found.name, uid: found.uid, generation: found.generation } }),
    // Whoever is suspended acts upon it later.
    ...(sync.forceSync !== undefined && !isSuspended && { lastHandledSyncRequest: sync.forceSync }),
    ...(attempt.changes.some((change) => change !== 'drift') && { lastChangeTime: toTimeText(nowMs) }),
    ...(attempt.objects && { objects: mergeObjects(attempt.objects, attempt, before) }),
    ...(secrets && { secrets, secretCount: secrets.length }),
    conditions: buildConditions(toOutcome(sync, attempt), sync, nowMs),
  };
}

/** Whether nothing needs to be written. The API server keeps conditions in an order of its own. */
export function sameStatus(a: SyncStatus, b: SyncStatus): boolean {
  return isDeepStrictEqual(toComparable(a), toComparable(b));
}

function toComparable(status: SyncStatus): SyncStatus {
  const conditions = status.conditions?.toSorted((one, other) => (one.type < other.type ? -1 : 1));
  return conditions === undefined ? status : { ...status, conditions };
}

/** What failed is not in the answer; the versions that its Secrets were made of still hold. */
function mergeObjects(
  fetched: NonNullable<SyncStatus['objects']>,
  { failures }: Attempt,
  { objects: before = [] }: SyncStatus,
): NonNullable<SyncStatus['objects']> {
  if (failures.length === 0) return fetched;
  const names = new Set(fetched.map(({ name }) => name));
  const merged = [...fetched, ...before.filter(({ name }) => !names.has(name))];
  return merged.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function buildConditions(
  { ready, abnormal, reason, message }: Outcome,
  sync: SyncObject,
  nowMs: number,
): readonly Condition[] {
  const { conditions: before = [] } = sync.status;
  const of = (type: string, status: Condition['status']): Condition => {
    const known = before.find((condition) => condition.type === type);
    return toCondition({ type, status, reason, message, observedGeneration: sync.generation }, known, nowMs);
  };
  return [of('Ready', ready), ...(abnormal === undefined ? [] : [of(abnormal, 'True')])];
}
