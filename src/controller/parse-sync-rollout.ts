import type { Condition } from '../kube/condition.ts';
import { type KubeObject, membersOf } from '../kube/objects.ts';
import { isFrozen } from '../rollout/workloads/mode-label.ts';
import { rolloutNames } from '../rollout/names.ts';
import { parseRolloutSpec } from '../rollout/rollout-spec.ts';
import { parseRolloutStatus } from '../rollout/rollout-status.ts';
import type { SyncRollout } from './sync-object.ts';

/** The condition that rollouts write, and nobody else. */
export const rolloutCondition = 'RolloutComplete';

/** What of a SecretProviderClassSync is about rollouts. Never throws. */
export function parseSyncRollout({ metadata, spec, status }: KubeObject): SyncRollout {
  const said = membersOf(spec)['rollout'] ?? undefined;
  const { rollout, conditions } = membersOf(status);
  return {
    spec: said === undefined ? none : parseRolloutSpec(said),
    isFrozen: isFrozen(metadata.labels),
    approve: metadata.annotations?.[rolloutNames.approve],
    resume: metadata.annotations?.[rolloutNames.resume],
    status: rollout === undefined ? undefined : parseRolloutStatus(rollout),
    condition: Array.isArray(conditions) ? conditions.find(isRolloutCondition) : undefined,
  };
}

/** Shared by all that say nothing. */
const none = parseRolloutSpec(undefined);

function isRolloutCondition(condition: unknown): condition is Condition {
  return membersOf(condition)['type'] === rolloutCondition;
}
