import { type KubeObject, membersOf } from '../../kube/objects.ts';

/** The node on which a pod of the provider is ready and going to stay. Undefined: none. */
export function toReadyNode({ metadata, spec, status }: KubeObject): string | undefined {
  const { nodeName } = membersOf(spec);
  if (typeof nodeName !== 'string' || metadata.deletionTimestamp !== undefined) return undefined;
  const { conditions } = membersOf(status);
  const isReady = Array.isArray(conditions) && conditions.map(membersOf).some(saysReady);
  return isReady ? nodeName : undefined;
}

function saysReady({ type, status }: Readonly<Record<string, unknown>>): boolean {
  return type === 'Ready' && status === 'True';
}
