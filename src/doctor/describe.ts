import { type KubeObject, membersOf } from '../kube/objects.ts';

/** `Deployment shop/web`; lists leave the kind of their items out. */
export function describeObject(kind: string, { metadata: { namespace, name } }: KubeObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** `a, b, c and 4 more`. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** The spec of an object. */
export function specOf(object: KubeObject): Readonly<Record<string, unknown>> {
  return membersOf(object['spec']);
}
