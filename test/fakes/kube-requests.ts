import type { IncomingHttpHeaders } from 'node:http';

import type { KubeReply } from './kube-replies.ts';

export type KubeVerb = 'get' | 'list' | 'watch' | 'apply' | 'create' | 'update' | 'patch' | 'delete';

/** A request as the API server understands it. */
export interface KubeRequest {
  readonly verb: KubeVerb;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** What a failure is for; what is left out fits everything. */
export interface KubeMatch {
  readonly verb?: KubeVerb;
  readonly plural?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** `status` or `token`; `''`: the object itself. */
  readonly subresource?: string;
}

/** An answer in place of the true one. A function may wait, and may answer undefined: then the request goes its way. */
export type ScriptedKubeReply =
  | KubeReply
  | ((request: KubeRequest) => KubeReply | undefined | Promise<KubeReply | undefined>);

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Undefined: a path that no API server knows. */
export function parseKubeRequest({ method, url, headers, text }: ReceivedRequest): KubeRequest | undefined {
  const { pathname, searchParams: query } = new URL(url, 'http://kube');
  const [root, ...parts] = pathname.slice(1).split('/').map(decodeURIComponent);
  const group = root === 'apis' ? (parts.shift() ?? '') : '';
  const version = parts.shift() ?? '';
  if (root !== 'api' && root !== 'apis') return undefined;
  const isInNamespace = parts[0] === 'namespaces' && parts.length > 2 && !isSubresource(parts[2]);
  const namespace = isInNamespace ? parts.splice(0, 2)[1] : undefined;
  const [plural, name, subresource] = parts;
  if (plural === undefined) return undefined;
  const verb = toVerb(method, { name, query, type: headers['content-type'] });
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  return { verb, group, version, plural, namespace, name, subresource, query, headers, body };
}

/** `apply secretproviderclasssyncs/status shop/web`. */
export function describeKubeRequest({ verb, plural, subresource, namespace, name }: KubeRequest): string {
  const what = subresource === undefined ? plural : `${plural}/${subresource}`;
  const where = [namespace, name].filter((part) => part !== undefined).join('/');
  return [verb, what, where].filter((part) => part !== '').join(' ');
}

export function fitsKubeRequest(match: KubeMatch, request: KubeRequest): boolean {
  return (
    fits(match.verb, request.verb) &&
    fits(match.plural, request.plural) &&
    fits(match.namespace, request.namespace) &&
    fits(match.name, request.name) &&
    fits(match.subresource, request.subresource ?? '')
  );
}

interface VerbHints {
  readonly name: string | undefined;
  readonly query: URLSearchParams;
  readonly type: string | undefined;
}

function toVerb(method: string, { name, query, type }: VerbHints): KubeVerb {
  if (method === 'POST') return 'create';
  if (method === 'PUT') return 'update';
  if (method === 'DELETE') return 'delete';
  if (method === 'PATCH') return type === 'application/apply-patch+yaml' ? 'apply' : 'patch';
  if (name !== undefined) return 'get';
  return query.has('watch') ? 'watch' : 'list';
}

/** `/namespaces/shop/status` is about the namespace. */
function isSubresource(part: string | undefined): boolean {
  return part === 'status' || part === 'finalize';
}

function fits(wanted: string | undefined, found: string | undefined): boolean {
  return wanted === undefined || wanted === found;
}
