import { SecretError } from '../../core/errors.ts';
import { apiVersionOf, type Resource } from '../objects.ts';

/** Where a request goes. Without a name: all objects, of the namespace or of all. */
export interface ResourcePlace {
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** `status`, `token`. */
  readonly subresource?: string | undefined;
}

/**
 * The path of a resource below the address of the API server. Throws KUBE_REFUSED for a name that no object can have: the
 * API server decodes a path before it splits it, so that a name with a slash would lead into another namespace.
 */
export function toResourcePath({ resource, namespace, name, subresource }: ResourcePlace): string {
  const root = resource.group === '' ? '/api' : '/apis';
  const scope = namespace === undefined ? '' : `/namespaces/${check(namespace, 'a namespace')}`;
  const object = name === undefined ? '' : `/${check(name, `an object of ${resource.plural}`)}`;
  const below = subresource === undefined ? '' : `/${subresource}`;
  return `${root}/${apiVersionOf(resource)}${scope}/${resource.plural}${object}${below}`;
}

/** A query string with its question mark; empty without parameters. What is undefined is left out. */
export function toQuery(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/** Names of all kinds that lockstep knows are DNS names (RFC 1123), up to 253 characters. */
const dnsName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

function check(name: string, what: string): string {
  if (dnsName.test(name) && !name.includes('..')) return name;
  const quoted = JSON.stringify(name.slice(0, 100));
  const rule = 'a name has up to 253 of a-z, 0-9, - and ., and begins and ends with a letter or digit';
  throw new SecretError('KUBE_REFUSED', `${quoted} cannot be the name of ${what}; ${rule}`);
}
