/** A kind of object and where the API server serves it. */
export interface Resource {
  /** Empty: the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
}

/** Raw JSON as the API server sends it, listed and watched alike. Whoever reads a field checks its shape. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface KubeList {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly KubeObject[];
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly object[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** `namespace/name`; the name alone for kinds without namespaces. */
export type ObjectKey = string;

export function keyOf({
  namespace,
  name,
}: {
  readonly namespace?: string | undefined;
  readonly name: string;
}): ObjectKey {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The namespace of a key; empty for kinds without namespaces. */
export function namespaceOf(key: ObjectKey): string {
  return key.slice(0, Math.max(0, key.indexOf('/')));
}

/** The name in a key. */
export function nameOf(key: ObjectKey): string {
  return key.slice(key.indexOf('/') + 1);
}

/** The members of a part of an object; none where it is no map. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  // An edge: JSON of the API server, every member of which is checked where it is read.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Every kind that lockstep reads or writes. */
export const resources = {
  secrets: { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' },
  serviceAccounts: { group: '', version: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount' },
  namespaces: { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace' },
  events: { group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event' },
  nodes: { group: '', version: 'v1', plural: 'nodes', kind: 'Node' },
  pods: { group: '', version: 'v1', plural: 'pods', kind: 'Pod' },
  deployments: { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment' },
  statefulSets: { group: 'apps', version: 'v1', plural: 'statefulsets', kind: 'StatefulSet' },
  daemonSets: { group: 'apps', version: 'v1', plural: 'daemonsets', kind: 'DaemonSet' },
  replicaSets: { group: 'apps', version: 'v1', plural: 'replicasets', kind: 'ReplicaSet' },
  controllerRevisions: { group: 'apps', version: 'v1', plural: 'controllerrevisions', kind: 'ControllerRevision' },
  cronJobs: { group: 'batch', version: 'v1', plural: 'cronjobs', kind: 'CronJob' },
  jobs: { group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job' },
  mutatingPolicies: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: 'mutatingadmissionpolicies',
    kind: 'MutatingAdmissionPolicy',
  },
  mutatingBindings: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: 'mutatingadmissionpolicybindings',
    kind: 'MutatingAdmissionPolicyBinding',
  },
  leases: { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease' },
  classes: {
    group: 'secrets-store.csi.x-k8s.io',
    version: 'v1',
    plural: 'secretproviderclasses',
    kind: 'SecretProviderClass',
  },
  syncs: {
    group: 'lockstep.dev',
    version: 'v1alpha1',
    plural: 'secretproviderclasssyncs',
    kind: 'SecretProviderClassSync',
  },
} as const satisfies Readonly<Record<string, Resource>>;

/** What lockstep applies belongs to this manager of fields, unless the caller names another. */
export const fieldManager = 'lockstep';
