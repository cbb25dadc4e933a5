import { apiVersionOf, type KubeObject, type ObjectMeta } from '../../src/kube/objects.ts';
import { type WorkloadKind, workloadResources } from '../../src/rollout/workloads/workload-kind.ts';
import { toWorkload, type Workload } from '../../src/rollout/workloads/workload.ts';

/** Parts of a workload; the rest is that of a healthy one with two replicas. */
export interface WorkloadParts {
  readonly metadata?: Partial<ObjectMeta>;
  /** `spec` of the pod template. */
  readonly pod?: unknown;
  /** Annotations of the pod template. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: object;
  readonly status?: object;
}

/** `shop/web` as the API server sends it; its pods read the Secret `db` as a whole unless `pod` says otherwise. */
export function rawWorkload(kind: WorkloadKind, parts: WorkloadParts = {}): KubeObject {
  const { metadata, pod = readingAll('db'), annotations, spec, status } = parts;
  const template = { metadata: { ...(annotations && { annotations }) }, spec: pod };
  const owner = kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template };
  return {
    apiVersion: apiVersionOf(workloadResources[kind]),
    kind,
    metadata: { namespace: 'shop', name: 'web', uid: 'web-uid', resourceVersion: '7', generation: 3, ...metadata },
    spec: { ...(kind === 'CronJob' ? {} : { replicas: 2 }), ...owner, ...spec },
    status: { ...healthyStatus[kind], ...status },
  };
}

export function workloadOf(kind: WorkloadKind, parts: WorkloadParts = {}): Workload {
  const workload = toWorkload(kind, rawWorkload(kind, parts));
  if (workload === undefined) throw new TypeError('no Secret concerns this workload');
  return workload;
}

/** A pod spec with all keys of a Secret in its environment. */
export function readingAll(secret: string): object {
  return { containers: [{ name: 'web', envFrom: [{ secretRef: { name: secret } }] }] };
}

/** A pod spec with some keys of a Secret in its environment. */
export function readingKeys(secret: string, ...keys: readonly string[]): object {
  const env = keys.map((key) => ({ name: key.toUpperCase(), valueFrom: { secretKeyRef: { name: secret, key } } }));
  return { containers: [{ name: 'web', env }] };
}

const healthyStatus: Readonly<Record<WorkloadKind, object>> = {
  Deployment: { observedGeneration: 3, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 },
  StatefulSet: {
    observedGeneration: 3,
    replicas: 2,
    updatedReplicas: 2,
    readyReplicas: 2,
    currentRevision: 'web-1',
    updateRevision: 'web-1',
  },
  DaemonSet: { observedGeneration: 3, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
  CronJob: {},
};
