import type { KubeApi } from './kube-api.ts';

/** Everything that the controller may do, beside what it needs in its own namespace. */
const rules = [
  {
    apiGroups: ['lockstep.dev'],
    resources: ['secretproviderclasssyncs'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
  { apiGroups: ['lockstep.dev'], resources: ['secretproviderclasssyncs/status'], verbs: ['patch'] },
  {
    apiGroups: ['secrets-store.csi.x-k8s.io'],
    resources: ['secretproviderclasses'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];

const clusterRules = [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] }];

const ownRules = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update', 'patch'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create'] },
];

/** Where a controller may work: everywhere, or in some namespaces only, each with its own role binding. */
export interface Grant {
  readonly kube: KubeApi;
  /** The controller's own namespace, with its service account `lockstep`. */
  readonly system: string;
  readonly namespaces: readonly string[] | 'all';
}

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const roleApi = 'rbac.authorization.k8s.io';

/** Gives the service account `lockstep` its rights and answers a token of it. */
export async function createIdentity({ kube, system, namespaces }: Grant): Promise<string> {
  await kube.createNamespace(system, ['lockstep']);
  const subjects = [{ kind: 'ServiceAccount', name: 'lockstep', namespace: system }];
  const cluster = namespaces === 'all' ? [...rules, ...clusterRules] : clusterRules;
  await kube.call('POST', `${rbac}/clusterroles`, { metadata: { name: system }, rules: cluster });
  const clusterRole = { apiGroup: roleApi, kind: 'ClusterRole', name: system };
  await kube.call('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name: system },
    roleRef: clusterRole,
    subjects,
  });
  await putRole(kube, system, subjects, ownRules);
  if (namespaces !== 'all') for (const namespace of namespaces) await putRole(kube, namespace, subjects, rules);
  const audience = 'https://kubernetes.default.svc.cluster.local';
  return (await kube.createToken({ namespace: system, serviceAccount: 'lockstep', audience })).token;
}

/** Removes what is not in a namespace. */
export async function removeIdentity(kube: KubeApi, system: string): Promise<void> {
  await kube.remove(`${rbac}/clusterrolebindings/${system}`);
  await kube.remove(`${rbac}/clusterroles/${system}`);
}

async function putRole(kube: KubeApi, namespace: string, subjects: readonly object[], own: readonly object[]) {
  const path = `${rbac}/namespaces/${namespace}`;
  const metadata = { name: 'lockstep' };
  await kube.call('POST', `${path}/roles`, { metadata, rules: own });
  const roleRef = { apiGroup: roleApi, kind: 'Role', name: 'lockstep' };
  await kube.call('POST', `${path}/rolebindings`, { metadata, roleRef, subjects });
}
