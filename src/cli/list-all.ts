import { SecretError } from '../core/errors.ts';
import type { ApiReader, CallOptions } from '../kube/client/api-client.ts';
import type { KubeObject, Resource } from '../kube/objects.ts';
import { listPages } from '../kube/watch/paged-list.ts';

/** All objects of a kind in a namespace, or in all of them; `T` is what is kept of each. Throws KUBE_…. */
export async function listAll<T>(
  client: Pick<ApiReader, 'list'>,
  { resource, namespace }: { readonly resource: Resource; readonly namespace: string | undefined },
  keep: (object: KubeObject) => T | undefined,
  options: CallOptions,
): Promise<readonly T[]> {
  const found: T[] = [];
  await listPages(
    client,
    { resource, namespace, labelSelector: undefined, metadataOnly: false },
    { ...options, onPage: (items) => void found.push(...items.flatMap((item) => keep(item) ?? [])) },
  );
  return found;
}

/** A list of a kind is not found when the cluster has no such kind. */
export function withCrdRemedy(error: unknown): unknown {
  if (!(error instanceof SecretError) || error.code !== 'KUBE_NOT_FOUND') return error;
  const message = 'this cluster knows no SecretProviderClassSync; install the CRDs with: kubectl apply -f deploy/crds';
  return new SecretError('KUBE_NOT_FOUND', message, { cause: error });
}
