import { type Resource, resources } from '../kube/objects.ts';

/** A kind that the doctor looks at. */
export interface SeenKind {
  /** The first that the API server serves counts. */
  readonly versions: readonly Resource[];
  /** `--namespace` limits it; the others are of the cluster, or of whoever runs the infrastructure. */
  readonly isOfTeams: boolean;
  /** Without their bodies. */
  readonly metadataOnly?: true;
  readonly labelSelector?: string;
}

const admission = { group: 'admissionregistration.k8s.io', version: 'v1' } as const;
const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;
const externalSecrets = { group: 'external-secrets.io', plural: 'externalsecrets', kind: 'ExternalSecret' } as const;
const secretStores = { group: 'external-secrets.io', plural: 'secretstores', kind: 'SecretStore' } as const;
const clusterStores = {
  group: 'external-secrets.io',
  plural: 'clustersecretstores',
  kind: 'ClusterSecretStore',
} as const;

export const seenKinds = {
  syncs: { versions: [resources.syncs], isOfTeams: true },
  classes: { versions: [resources.classes], isOfTeams: true },
  externalSecrets: { versions: versionsOf(externalSecrets), isOfTeams: true },
  secretStores: { versions: versionsOf(secretStores), isOfTeams: true },
  clusterStores: { versions: versionsOf(clusterStores), isOfTeams: false },
  managedSecrets: {
    versions: [resources.secrets],
    isOfTeams: true,
    metadataOnly: true,
    labelSelector: 'lockstep.dev/managed=true',
  },
  driverSecrets: {
    versions: [resources.secrets],
    isOfTeams: true,
    metadataOnly: true,
    labelSelector: 'secrets-store.csi.k8s.io/managed=true',
  },
  deployments: { versions: [resources.deployments], isOfTeams: false },
  statefulSets: { versions: [resources.statefulSets], isOfTeams: true },
  daemonSets: { versions: [resources.daemonSets], isOfTeams: false },
  csiDrivers: {
    versions: [{ group: 'storage.k8s.io', version: 'v1', plural: 'csidrivers', kind: 'CSIDriver' }],
    isOfTeams: false,
  },
  validatingPolicies: {
    versions: [{ ...admission, plural: 'validatingadmissionpolicies', kind: 'ValidatingAdmissionPolicy' }],
    isOfTeams: false,
  },
  mutatingPolicies: { versions: [resources.mutatingPolicies], isOfTeams: false },
  clusterRoleBindings: {
    versions: [{ ...rbac, plural: 'clusterrolebindings', kind: 'ClusterRoleBinding' }],
    isOfTeams: false,
    metadataOnly: true,
  },
} as const satisfies Readonly<Record<string, SeenKind>>;

export type SeenKindName = keyof typeof seenKinds;

function versionsOf(kind: Omit<Resource, 'version'>): readonly Resource[] {
  return [
    { ...kind, version: 'v1' },
    { ...kind, version: 'v1beta1' },
  ];
}
