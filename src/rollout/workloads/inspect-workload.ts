import type { ApiReader, CallOptions } from '../../kube/client/api-client.ts';
import { type KubeObject, type Resource, resources } from '../../kube/objects.ts';
import { listPages } from '../../kube/watch/paged-list.ts';
import { type PodFailure, podFailure } from './pod-health.ts';
import type { Workload } from './workload.ts';

/** What is looked at only while a workload rolls out. */
export interface Findings {
  /** Of a pod that is new since then. */
  readonly podFailure: PodFailure | undefined;
  /** ReplicaSets or ControllerRevisions of the workload. */
  readonly revisions: number | undefined;
}

/**
 * Looks at the pods of a workload that were made at or after `sinceMs` (milliseconds since the epoch), and counts its revisions.
 * Costs two lists limited by the workload's own labels. Throws KUBE_….
 */
export async function inspectWorkload(
  workload: Workload,
  sinceMs: number,
  client: Pick<ApiReader, 'list'>,
  options: CallOptions,
): Promise<Findings> {
  if (workload.kind === 'CronJob' || workload.selector === '') return { podFailure: undefined, revisions: undefined };
  let failure: PodFailure | undefined;
  await listOwn(resources.pods, workload, client, {
    ...options,
    onEach(pod) {
      const madeMs = Date.parse(pod.metadata.creationTimestamp ?? '');
      // Times of Kubernetes have no fractions.
      if (isPodOf(pod, workload) && madeMs + 1000 > sinceMs) failure ??= podFailure(pod);
    },
  });
  let revisions = 0;
  const kind = workload.kind === 'Deployment' ? resources.replicaSets : resources.controllerRevisions;
  await listOwn(kind, workload, client, {
    ...options,
    onEach: (revision) => void (revisions += isOwned(revision, workload) ? 1 : 0),
  });
  return { podFailure: failure, revisions };
}

interface ListOptions extends CallOptions {
  readonly onEach: (object: KubeObject) => void;
}

async function listOwn(
  resource: Resource,
  { namespace, selector }: Workload,
  client: Pick<ApiReader, 'list'>,
  { signal, onEach }: ListOptions,
): Promise<void> {
  const scope = { resource, namespace, labelSelector: selector, metadataOnly: resource !== resources.pods };
  await listPages(client, scope, { signal, onPage: (items) => items.forEach(onEach) });
}

/** Pods of a Deployment belong to its ReplicaSets, which have its name before their own hash. */
function isPodOf(pod: KubeObject, workload: Workload): boolean {
  if (workload.kind !== 'Deployment') return isOwned(pod, workload);
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
  return owner?.kind === 'ReplicaSet' && owner.name.replace(/-[^-]*$/, '') === workload.name;
}

function isOwned({ metadata }: KubeObject, { uid }: Workload): boolean {
  return metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid) ?? false;
}
