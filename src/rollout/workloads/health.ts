import { type KubeObject, membersOf } from '../../kube/objects.ts';
import type { WorkloadKind } from './workload-kind.ts';

/** Whether all pods of a workload are those of its present template, and there. Messages are of our own making. */
export type Health =
  | { readonly state: 'Healthy' }
  | { readonly state: 'Progressing'; readonly message: string }
  | { readonly state: 'Failed'; readonly reason: string; readonly message: string }
  | { readonly state: 'Paused' };

/**
 * Parity: the rules of `kubectl rollout status`. Beyond them a paused Deployment is Paused; one whose pods cannot be made
 * (condition ReplicaFailure) is Failed at once; and where pods are replaced by hand (`OnDelete`), which kubectl refuses to
 * judge, those that are there count. A CronJob has nothing to roll out. Never throws.
 */
export function healthOf(kind: WorkloadKind, object: KubeObject): Health {
  if (kind === 'CronJob') return healthy;
  const [spec, status] = [membersOf(object['spec']), membersOf(object['status'])];
  if (kind === 'Deployment' && spec['paused'] === true) return { state: 'Paused' };
  if ((object.metadata.generation ?? 0) > count(status['observedGeneration'])) {
    return progressing('its last change has not been seen by its controller yet');
  }
  switch (kind) {
    case 'Deployment':
      return ofDeployment(spec, status);
    case 'StatefulSet':
      return ofStatefulSet(spec, status);
    case 'DaemonSet':
      return ofDaemonSet(spec, status);
  }
}

type Members = Readonly<Record<string, unknown>>;

/** Shared by all that are. */
const healthy: Health = { state: 'Healthy' };

function ofDeployment(spec: Members, status: Members): Health {
  const wanted = count(spec['replicas'], 1);
  if (conditionOf(status, 'Progressing')?.['reason'] === 'ProgressDeadlineExceeded') {
    return {
      state: 'Failed',
      reason: 'ProgressDeadlineExceeded',
      message: 'it made no progress within its progressDeadlineSeconds; look at its pods',
    };
  }
  const waits = waitsOfDeployment(wanted, status);
  if (waits === undefined) return healthy;
  if (conditionOf(status, 'ReplicaFailure')?.['status'] !== 'True') return progressing(waits);
  return {
    state: 'Failed',
    reason: 'ReplicaFailure',
    message: 'its pods cannot be made (a quota or an admission policy); look at its condition ReplicaFailure',
  };
}

/** What is not there yet; undefined: nothing. */
function waitsOfDeployment(wanted: number, status: Members): string | undefined {
  const updated = count(status['updatedReplicas']);
  const old = count(status['replicas']) - updated;
  const available = count(status['availableReplicas']);
  if (updated < wanted) return `${updated} of ${wanted} replicas are updated`;
  if (old > 0) return `${old} old replicas have not ended`;
  return available < updated ? `${available} of ${updated} updated replicas are available` : undefined;
}

function ofStatefulSet(spec: Members, status: Members): Health {
  const wanted = count(spec['replicas'], 1);
  const ready = count(status['readyReplicas']);
  const updated = count(status['updatedReplicas']);
  const strategy = membersOf(spec['updateStrategy']);
  if (ready < wanted) return progressing(`${ready} of ${wanted} replicas are ready`);
  if (strategy['type'] === 'OnDelete') return healthy;
  const { partition } = membersOf(strategy['rollingUpdate']);
  if (typeof partition !== 'number') {
    const isTakenOver = status['updateRevision'] === status['currentRevision'];
    return isTakenOver ? healthy : progressing(`${updated} of ${wanted} replicas are updated`);
  }
  // Replicas below the partition stay as they are, for good.
  const due = wanted - partition;
  return updated < due ? progressing(`${updated} of ${due} replicas are updated`) : healthy;
}

function ofDaemonSet(spec: Members, status: Members): Health {
  const wanted = count(status['desiredNumberScheduled']);
  const updated = count(status['updatedNumberScheduled']);
  const available = count(status['numberAvailable']);
  const isByHand = membersOf(spec['updateStrategy'])['type'] === 'OnDelete';
  if (!isByHand && updated < wanted) return progressing(`${updated} of ${wanted} pods are updated`);
  return available < wanted ? progressing(`${available} of ${wanted} pods are available`) : healthy;
}

function progressing(message: string): Health {
  return { state: 'Progressing', message };
}

function conditionOf(status: Members, type: string): Members | undefined {
  const conditions: unknown = status['conditions'];
  return Array.isArray(conditions) ? conditions.map(membersOf).find((each) => each['type'] === type) : undefined;
}

/** Numbers that are zero are left out by the API server; a missing spec.replicas has another meaning. */
function count(value: unknown, ifMissing = 0): number {
  return typeof value === 'number' ? value : ifMissing;
}
