import { isDeepStrictEqual } from 'node:util';

import type { Attempt } from './attempt.ts';
import { type Outcome, toOutcome } from './sync-outcome.ts';
import type { SyncObject } from './sync-object.ts';
import type { Condition, SyncStatus } from './sync-status.ts';

export interface StatusInput {
  /** With the status as it was written last. */
  readonly sync: SyncObject;
  readonly attempt: Attempt;
  readonly now: Date;
}

/**
 * The status after an attempt. What the attempt did not find out stays as it was, so that a sync that fails still says what
 * stands there. Conditions as kstatus reads them: Ready always, Reconciling or Stalled only while they are True; those of
 * other types, and what else the status holds, are not touched.
 */
export function buildStatus({ sync, attempt, now }: StatusInput): SyncStatus {
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
    ...(attempt.changes.some((change) => change !== 'drift') && { lastChangeTime: toTime(now) }),
    ...(attempt.objects && { objects: mergeObjects(attempt.objects, attempt, before) }),
    ...(secrets && { secrets, secretCount: secrets.length }),
    conditions: buildConditions(toOutcome(sync, attempt), sync, now),
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

const ownTypes: ReadonlySet<string> = new Set(['Ready', 'Reconciling', 'Stalled']);

function buildConditions(
  { ready, abnormal, reason, message }: Outcome,
  sync: SyncObject,
  now: Date,
): readonly Condition[] {
  const { conditions: before = [] } = sync.status;
  const toCondition = (type: string, status: Condition['status']): Condition => {
    const known = before.find((condition) => condition.type === type);
    const lastTransitionTime = known?.status === status ? known.lastTransitionTime : toTime(now);
    return { type, status, reason, message, observedGeneration: sync.generation, lastTransitionTime };
  };
  return [
    toCondition('Ready', ready),
    ...(abnormal === undefined ? [] : [toCondition(abnormal, 'True')]),
    ...before.filter(({ type }) => !ownTypes.has(type)),
  ];
}

/** As Kubernetes writes times. */
function toTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
