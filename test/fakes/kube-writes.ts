import { type KubeObject, keyOf } from '../../src/kube/objects.ts';
import { applyFields, updateFields } from './kube-apply.ts';
import type { FieldManager } from './kube-fields.ts';
import { alreadyExists, conflict, invalid, type KubeReply, modified, notFound, refuseKube } from './kube-replies.ts';
import type { KubeRequest } from './kube-requests.ts';
import { type KubeStore, toKindKey } from './kube-store.ts';
import { refuseSecret, toStored } from './kube-secrets.ts';

type Written = KubeReply | { readonly object: KubeObject; readonly status: number };

/** Carries a write out as the API server does, preconditions first. */
export function writeKube(store: KubeStore, request: KubeRequest): Written {
  switch (request.verb) {
    case 'apply':
      return apply(store, request);
    case 'create':
      return create(store, request);
    case 'update':
      return replace(store, request, bodyOf(request));
    case 'patch':
      return patch(store, request);
    case 'delete':
      return remove(store, request);
    case 'get':
    case 'list':
    case 'watch':
      throw new Error('this is no write');
  }
}

/** The object under the name of the request. */
export function findKube(store: KubeStore, request: KubeRequest): KubeObject | undefined {
  const { namespace, name = '' } = request;
  return store.get(toKindKey(request), keyOf({ namespace, name }));
}

function apply(store: KubeStore, request: KubeRequest): Written {
  const { plural, namespace, name = '', subresource, query } = request;
  const current = findKube(store, request);
  const body = bodyOf(request);
  if (!current && subresource !== undefined) return notFound(plural, name);
  const refusal = refuseVersion(request, current, body) ?? refuseUid(request, current, body);
  if (refusal) return refusal;
  const { apiVersion = '', kind = '' } = body;
  const base = current ?? {
    apiVersion,
    kind,
    metadata: { name, ...(namespace && { namespace }), uid: '', resourceVersion: '' },
  };
  const as = { ...managerOf(request, 'Apply'), force: query.get('force') === 'true' };
  const { object, conflicts } = applyFields(base, partOf(body, subresource), as);
  if (conflicts.length > 0) {
    const message = `Apply failed with ${conflicts.length} conflict${conflicts.length > 1 ? 's' : ''}: ${conflicts.join(', ')}`;
    return refuseKube({ status: 409, reason: 'Conflict', message });
  }
  return save(store, request, object);
}

function create(store: KubeStore, request: KubeRequest): Written {
  const { namespace, plural } = request;
  const body = bodyOf(request);
  const { name } = body.metadata;
  if (store.get(toKindKey(request), keyOf({ namespace, name }))) return alreadyExists(plural, name);
  const { status: _status, ...rest } = body;
  const object: KubeObject = { ...rest, metadata: { ...body.metadata, ...(namespace && { namespace }) } };
  return save(store, { ...request, name }, updateFields(undefined, object, managerOf(request, 'Update')));
}

function replace(store: KubeStore, request: KubeRequest, body: KubeObject): Written {
  const { plural, name = '', subresource } = request;
  const current = findKube(store, request);
  if (!current) return notFound(plural, name);
  const { uid } = body.metadata;
  if (uid && uid !== current.metadata.uid) {
    const reason = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`;
    return conflict(plural, name, reason);
  }
  const refusal = refuseVersion(request, current, body);
  if (refusal) return refusal;
  const { status } = current;
  const next =
    subresource === 'status'
      ? { ...current, status: body['status'] }
      : { ...body, ...(status !== undefined && { status }) };
  // Left out, they stay; an empty list takes them away.
  const managedFields = body.metadata.managedFields ?? current.metadata.managedFields ?? [];
  const metadata = { ...next.metadata, ...(managedFields.length > 0 && { managedFields }) };
  return save(store, request, updateFields(current, { ...next, metadata }, managerOf(request, 'Update')));
}

function patch(store: KubeStore, request: KubeRequest): Written {
  const { plural, name = '' } = request;
  const current = findKube(store, request);
  if (!current) return notFound(plural, name);
  // A merge of an object with an object is one.
  return replace(store, request, mergePatch(current, request.body) as KubeObject);
}

function remove(store: KubeStore, request: KubeRequest): Written {
  const { plural, name = '' } = request;
  const current = findKube(store, request);
  if (!current) return notFound(plural, name);
  const { uid, resourceVersion } = current.metadata;
  const wanted = preconditionsOf(request.body);
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    const reason = `the UID in the precondition (${wanted.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    return conflict(plural, name, reason);
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    const reason = `the ResourceVersion in the precondition (${wanted.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    return conflict(plural, name, reason);
  }
  store.remove(toKindKey(request), keyOf(current.metadata));
  return {
    status: 200,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name, uid } },
  };
}

/** Content that stays as it is makes no new version. */
function save(store: KubeStore, request: KubeRequest, written: KubeObject): Written {
  const current = findKube(store, request);
  const next = toStored(request, written);
  const refusal = refuseSecret(request, current, next);
  if (refusal) return refusal;
  if (!current) return { status: 201, object: store.write(toKindKey(request), next) };
  if (contentOf(current) === contentOf(next)) return { status: 200, object: current };
  return { status: 200, object: store.write(toKindKey(request), next) };
}

function refuseVersion(request: KubeRequest, current: KubeObject | undefined, body: KubeObject): KubeReply | undefined {
  const { resourceVersion } = body.metadata;
  const isStale = current && resourceVersion && resourceVersion !== current.metadata.resourceVersion;
  return isStale ? modified(request) : undefined;
}

/** An apply whose uid is another's is invalid; only with a version as well, and no object, it is a conflict. */
function refuseUid(request: KubeRequest, current: KubeObject | undefined, body: KubeObject): KubeReply | undefined {
  const { uid, resourceVersion } = body.metadata;
  if (!uid || uid === current?.metadata.uid) return undefined;
  const { plural, name = '' } = request;
  if (!current && resourceVersion) {
    const reason = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    return conflict(plural, name, reason);
  }
  const message = `Invalid value: "${uid}": field is immutable`;
  return invalid(body.kind ?? '', name, { reason: 'FieldValueInvalid', field: 'metadata.uid', message });
}

/** The status and the rest are written apart. */
function partOf(body: KubeObject, subresource: string | undefined): Partial<KubeObject> {
  if (subresource === 'status') return { status: body['status'] };
  const { status: _status, ...rest } = body;
  return rest;
}

function managerOf({ query, subresource }: KubeRequest, operation: FieldManager['operation']): FieldManager {
  return { manager: query.get('fieldManager') ?? 'unknown', operation, subresource };
}

/** What the client sent is what a test made it send. */
function bodyOf({ body }: KubeRequest): KubeObject {
  return body as KubeObject;
}

function preconditionsOf(body: unknown): { readonly uid?: string; readonly resourceVersion?: string } {
  return (body as { readonly preconditions?: object } | undefined)?.preconditions ?? {};
}

function contentOf({ metadata, ...rest }: KubeObject): unknown {
  const { resourceVersion: _version, uid: _uid, creationTimestamp: _time, generation: _generation, ...kept } = metadata;
  return stable({ ...rest, metadata: kept });
}

function stable(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** RFC 7386. */
function mergePatch(target: unknown, change: unknown): unknown {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change;
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const merged = new Map<string, unknown>(isObject ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(change)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}
