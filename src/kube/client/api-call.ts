import type { ResourcePlace } from './resource-path.ts';

export type ApiVerb = 'get' | 'list' | 'watch' | 'apply' | 'create' | 'update' | 'patch' | 'delete';

/** One call to the API server, for whoever sends it and whoever explains its failure. */
export interface ApiCall extends ResourcePlace {
  readonly verb: ApiVerb;
  readonly body?: object;
}

/** `secrets`, `secretproviderclasssyncs/status`: as rules of RBAC name it. */
export function describeResource({ resource, subresource }: ApiCall): string {
  return subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
}

/** `apply secrets shop/db`, `list secrets in namespace shop`, `watch secrets in all namespaces`. */
export function describeCall(call: ApiCall): string {
  return `${call.verb} ${describeResource(call)} ${describePlace(call)}`;
}

function describePlace({ namespace, name }: ApiCall): string {
  if (name !== undefined) return namespace === undefined ? name : `${namespace}/${name}`;
  return namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
}
