import { type Resource, resources } from '../../kube/objects.ts';

/** What can be rolled out. A CronJob only in Pin: its next Job reads the Secret anyway. */
export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob';

export const workloadResources = {
  Deployment: resources.deployments,
  StatefulSet: resources.statefulSets,
  DaemonSet: resources.daemonSets,
  CronJob: resources.cronJobs,
} as const satisfies Readonly<Record<WorkloadKind, Resource>>;
