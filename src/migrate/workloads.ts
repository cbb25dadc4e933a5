import { membersOf, type SourceObject } from './source-object.ts';

const workloadKinds: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'Job',
  'ReplicaSet',
  'Pod',
  'Rollout',
]);

export function isWorkload({ kind }: SourceObject): boolean {
  return workloadKinds.has(kind);
}

/** The pod template of a workload, or the pod itself. */
export function templateOf({ kind, body }: SourceObject): Readonly<Record<string, unknown>> {
  if (kind === 'Pod') return body;
  const spec = membersOf(body['spec']);
  const owner = kind === 'CronJob' ? membersOf(membersOf(spec['jobTemplate'])['spec']) : spec;
  return membersOf(owner['template']);
}

/** Service accounts of the workloads that mount a class, each once. */
export function accountsThatMount(
  workloads: readonly SourceObject[],
  namespace: string,
  className: string,
): readonly string[] {
  const accounts = workloads
    .filter((workload) => workload.namespace === namespace)
    .flatMap((workload) => {
      const { volumes, serviceAccountName } = membersOf(templateOf(workload)['spec']);
      const mounts = Array.isArray(volumes) && volumes.some((volume) => classOf(volume) === className);
      return mounts ? [typeof serviceAccountName === 'string' ? serviceAccountName : 'default'] : [];
    });
  return [...new Set(accounts)].toSorted();
}

function classOf(volume: unknown): unknown {
  const { driver, volumeAttributes } = membersOf(membersOf(volume)['csi']);
  return driver === 'secrets-store.csi.k8s.io' ? membersOf(volumeAttributes)['secretProviderClass'] : undefined;
}
