import type { Resource } from '../objects.ts';

/** The objects that one list and one watch are about. */
export interface Scope {
  readonly resource: Resource;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly labelSelector: string | undefined;
  readonly metadataOnly: boolean;
}

/** For messages. */
export function toScopeText({ resource, namespace }: Scope): string {
  return `${resource.plural} in ${namespace === undefined ? 'all namespaces' : `namespace ${namespace}`}`;
}
