import { readManifests } from './apply-manifests.ts';
import type { KubeApi, KubeObject } from './kube-api.ts';

/** Where a controller may work: everywhere, or in some namespaces only, each with its own role binding. */
export interface Grant {
  readonly kube: KubeApi;
  /** The controller's own namespace; also the name of what stands in none. */
  readonly system: string;
  readonly namespaces: readonly string[] | 'all';
}

/** Who a controller is: what gives it its rights, and answers a token of its account; and what takes them away. */
export interface Identity {
  create(grant: Grant): Promise<string>;
  remove(kube: KubeApi, system: string): Promise<void>;
}

/** What we ship for `kubectl apply`. */
export const shippedIdentity: Identity = { create: createIdentity, remove: removeIdentity };

const shipped = { system: 'lockstep-system', name: 'lockstep-controller' };
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const admission = '/apis/admissionregistration.k8s.io/v1';
/** Names of those that limit the controller's tokens, without `lockstep-`. */
const policies = ['token-requests', 'token-secrets'];

/** Gives a controller the role that we ship, under the policy that we ship for its tokens. Answers a token of its account. */
async function createIdentity({ kube, system, namespaces }: Grant): Promise<string> {
  await kube.createNamespace(system, []);
  const manifests = ['rbac/controller.yaml', 'policies/token-requests.yaml'].flatMap((file) => readManifests(file));
  for (const manifest of manifests) {
    const object = rename(manifest, system);
    if (object.kind !== 'ClusterRoleBinding' || namespaces === 'all')
      await kube.call('POST', toCollection(object), object);
    else for (const namespace of namespaces) await bindIn(kube, namespace, object);
  }
  const audience = 'https://kubernetes.default.svc.cluster.local';
  return (await kube.createToken({ namespace: system, serviceAccount: shipped.name, audience })).token;
}

/** Removes what is not in a namespace. */
async function removeIdentity(kube: KubeApi, system: string): Promise<void> {
  for (const policy of policies) {
    await kube.remove(`${admission}/validatingadmissionpolicybindings/${system}-${policy}`);
    await kube.remove(`${admission}/validatingadmissionpolicies/${system}-${policy}`);
  }
  await kube.remove(`${rbac}/clusterrolebindings/${system}`);
  await kube.remove(`${rbac}/clusterroles/${system}`);
}

/** Into another namespace; and what stands in none under a name of this stand's own. */
function rename(manifest: KubeObject, system: string): KubeObject {
  // JSON of JSON.
  const object = JSON.parse(JSON.stringify(manifest).replaceAll(shipped.system, system)) as Renamed;
  if (object.kind.startsWith('Validating')) {
    object.metadata.name = object.metadata.name.replace('lockstep', system);
    if (object.kind.endsWith('Binding')) object.spec.policyName = object.metadata.name;
    return object;
  }
  if (object.kind === 'ClusterRoleBinding') object.roleRef.name = system;
  if (object.metadata.namespace === undefined) object.metadata.name = system;
  return object;
}

async function bindIn(kube: KubeApi, namespace: string, { metadata, ...rest }: KubeObject): Promise<void> {
  const binding = { ...rest, kind: 'RoleBinding', metadata: { name: metadata.name, namespace } };
  await kube.call('POST', toCollection(binding), binding);
}

/** Where objects of that kind are created. */
export function toCollection({ apiVersion, kind, metadata }: KubeObject): string {
  const plural = kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`;
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${group}${place}/${plural.toLowerCase()}`;
}

interface Renamed extends KubeObject {
  readonly metadata: { name: string; readonly namespace?: string };
  readonly roleRef: { name: string };
  readonly spec: { policyName: string };
}
