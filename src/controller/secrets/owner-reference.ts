import { apiVersionOf, type OwnerReference, type Resource } from '../../kube/objects.ts';

/** What the garbage collector follows: when the owner goes, so does the object. Never blocks the owner's deletion. */
export function toOwnerReference(
  resource: Resource,
  owner: { readonly name: string; readonly uid: string },
): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.name,
    uid: owner.uid,
    controller: true,
  };
}
