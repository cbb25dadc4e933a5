import { apiVersionOf, type KubeObject } from '../../src/kube/objects.ts';
import { gone, isMetadataOnly, type KubeReply, notFound, toRepresentation } from './kube-replies.ts';
import type { KubeRequest } from './kube-requests.ts';
import { type KubeStore, toKindKey, toTime } from './kube-store.ts';
import { findKube } from './kube-writes.ts';

/** The lists that are under way: their pages are of one version. */
export type OpenLists = Map<string, { readonly version: number; readonly rest: readonly KubeObject[] }>;

export function readKube(store: KubeStore, request: KubeRequest): KubeReply {
  const object = findKube(store, request);
  if (!object) return notFound(request.plural, request.name ?? '');
  return { status: 200, body: toRepresentation(object, request) };
}

export function listKube(store: KubeStore, lists: OpenLists, request: KubeRequest): KubeReply {
  const { namespace, query, headers } = request;
  const token = query.get('continue') ?? undefined;
  const labelSelector = query.get('labelSelector') ?? undefined;
  const open = token === undefined ? undefined : lists.get(token);
  if (token !== undefined && !open) return gone('The provided continue parameter is too old');
  const all = open?.rest ?? store.list(toKindKey(request), { namespace, labelSelector });
  const version = open?.version ?? store.version;
  const limit = Number(query.get('limit') ?? 0) || all.length;
  const rest = all.slice(limit);
  const next = rest.length > 0 ? `page-${version}-${rest.length}-${lists.size}` : undefined;
  if (next !== undefined) lists.set(next, { version, rest });
  const isPartial = isMetadataOnly(headers.accept);
  return {
    status: 200,
    body: {
      kind: isPartial ? 'PartialObjectMetadataList' : 'List',
      apiVersion: isPartial ? 'meta.k8s.io/v1' : apiVersionOf({ ...request, kind: '' }),
      metadata: { resourceVersion: String(version), ...(next !== undefined && { continue: next }) },
      items: all.slice(0, limit).map((object) => toRepresentation(object, request)),
    },
  };
}

export interface TokenSource {
  readonly number: number;
  readonly now: number;
}

/** The answer to a TokenRequest: `token-1.shop.web.vault` for the audience `vault`. */
export function issueKubeToken(store: KubeStore, request: KubeRequest, { number, now }: TokenSource): KubeReply {
  const { namespace = '', name = '', plural } = request;
  if (!findKube(store, request)) return notFound(plural, name);
  const { spec } = request.body as {
    readonly spec: { readonly audiences?: readonly string[]; readonly expirationSeconds?: number };
  };
  const { audiences = [], expirationSeconds = 3600 } = spec;
  const token = ['token-' + String(number), namespace, name, ...audiences].join('.');
  const status = { token, expirationTimestamp: toTime(now + expirationSeconds * 1000) };
  const metadata = { name, namespace };
  const body = { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', metadata, spec, status };
  return { status: 201, body };
}
