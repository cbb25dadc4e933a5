import type { IncomingMessage } from 'node:http';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete' | 'deletecollection';

/** A request to an API server as RBAC sees it. */
export interface KubeRequest {
  readonly verb: Verb;
  /** Plural, with its subresource: `secrets`, `serviceaccounts/token`; a path like `/readyz` for what is no resource. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** Path and query. */
  readonly path: string;
}

/** Reads method, path and content type. */
export function readKubeRequest({ method = '', url = '/', headers }: IncomingMessage): KubeRequest {
  const { pathname, searchParams } = new URL(url, 'https://api');
  const place = readPlace(pathname);
  const isWatch = ['1', 'true'].includes(searchParams.get('watch') ?? '');
  const verb = readVerb({ method, named: place.name !== undefined, isWatch, type: headers['content-type'] ?? '' });
  return { verb, ...place, path: url };
}

/** Whether it changes what is stored. A token is only issued. */
export function isWrite({ verb, resource }: KubeRequest): boolean {
  return !['get', 'list', 'watch'].includes(verb) && resource !== 'serviceaccounts/token';
}

type Place = Pick<KubeRequest, 'resource' | 'namespace' | 'name'>;

function readPlace(pathname: string): Place {
  const match = /^\/(?:api|apis\/[^/]+)\/[^/]+\/(.+)$/.exec(pathname);
  if (match?.[1] === undefined) return { resource: pathname, namespace: undefined, name: undefined };
  const parts = match[1].split('/');
  // `namespaces/NAME` is an object; with more behind it, it is where an object stands.
  const inside = parts[0] === 'namespaces' && parts.length > 2;
  const [plural = '', name, subresource] = inside ? parts.slice(2) : parts;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return { resource, namespace: inside ? parts[1] : undefined, name };
}

interface Method {
  readonly method: string;
  readonly named: boolean;
  readonly isWatch: boolean;
  readonly type: string;
}

function readVerb({ method, named, isWatch, type }: Method): Verb {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return type.includes('apply-patch') ? 'apply' : 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      if (isWatch) return 'watch';
      return named ? 'get' : 'list';
  }
}
