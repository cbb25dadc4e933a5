import { type KubeObject, membersOf } from '../../kube/objects.ts';

/** What is kept of a node that carries the startup taint. */
export interface TaintedNode {
  readonly resourceVersion: string;
  /** Its other taints as the API server has them, in their order. */
  readonly others: readonly unknown[];
}

/** Undefined: the node does not carry the taint, with no value and no effect. */
export function toTaintedNode({ metadata, spec }: KubeObject, key: string): TaintedNode | undefined {
  const { taints } = membersOf(spec);
  if (!Array.isArray(taints)) return undefined;
  const others = taints.filter((taint: unknown) => membersOf(taint)['key'] !== key);
  if (others.length === taints.length) return undefined;
  return { resourceVersion: metadata.resourceVersion, others };
}
