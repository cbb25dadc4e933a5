import type { KubeObject } from '../../src/kube/objects.ts';
import type { KubeRequest } from './kube-requests.ts';

/** `hang` never answers; `reset` cuts the connection. */
export type KubeReply =
  | {
      readonly status: number;
      /** Text as it is, anything else as JSON. */
      readonly body: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | 'hang'
  | 'reset';

export interface StatusCause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: { readonly name?: string; readonly kind?: string; readonly causes?: readonly StatusCause[] };
}

/** A Status as the API server answers a refusal. */
export function refuseKube({ status, reason, message, details = {} }: Refusal): KubeReply {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details };
  return { status, body: { ...body, code: status } };
}

/** What the API server says about a path that it does not serve. */
export const unknownPath: KubeReply = {
  status: 404,
  body: '404 page not found\n',
  headers: { 'content-type': 'text/plain; charset=utf-8' },
};

export function notFound(plural: string, name: string): KubeReply {
  const message = `${plural} "${name}" not found`;
  return refuseKube({ status: 404, reason: 'NotFound', message, details: { name, kind: plural } });
}

export function modified({ plural, name = '' }: KubeRequest): KubeReply {
  const reason = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(plural, name, reason);
}

export function conflict(plural: string, name: string, reason: string): KubeReply {
  const message = `Operation cannot be fulfilled on ${plural} "${name}": ${reason}`;
  return refuseKube({ status: 409, reason: 'Conflict', message, details: { name, kind: plural } });
}

export function alreadyExists(plural: string, name: string): KubeReply {
  const message = `${plural} "${name}" already exists`;
  return refuseKube({ status: 409, reason: 'AlreadyExists', message, details: { name, kind: plural } });
}

/** RBAC's own words. */
export function forbidden({ verb, plural, subresource, group, namespace, name = '' }: KubeRequest): KubeReply {
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  const about = name === '' ? plural : `${plural} "${name}"`;
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const rbacVerb = verb === 'apply' ? 'patch' : verb;
  const user = 'system:serviceaccount:lockstep:lockstep';
  return refuseKube({
    status: 403,
    reason: 'Forbidden',
    message: `${about} is forbidden: User "${user}" cannot ${rbacVerb} resource "${resource}" in API group "${group}" ${scope}`,
    details: { name, kind: plural },
  });
}

export function terminating({ plural, namespace = '', name = '' }: KubeRequest): KubeReply {
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return refuseKube({
    status: 403,
    reason: 'Forbidden',
    message: `${plural} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    details: { name, kind: plural, causes: [cause] },
  });
}

export function quotaExceeded({ plural, name = '' }: KubeRequest): KubeReply {
  return refuseKube({
    status: 403,
    reason: 'Forbidden',
    message: `${plural} "${name}" is forbidden: exceeded quota: few, requested: count/${plural}=1, used: count/${plural}=3, limited: count/${plural}=3`,
    details: { name, kind: plural },
  });
}

export function invalid(kind: string, name: string, cause: Required<StatusCause>): KubeReply {
  const message = `${kind} "${name}" is invalid: ${cause.field}: ${cause.message}`;
  return refuseKube({ status: 422, reason: 'Invalid', message, details: { name, kind, causes: [cause] } });
}

/** What an expired version is called, in a watch and in the pages of a list. */
export function gone(message: string): KubeReply & { readonly body: unknown } {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'Expired' };
  return { status: 410, body: { ...body, code: 410 } };
}

/** The object itself, or what of it is no body, as the Accept header asks. */
export function toRepresentation(object: KubeObject, { headers }: KubeRequest): unknown {
  if (!isMetadataOnly(headers.accept)) return object;
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

export function isMetadataOnly(accept: string | undefined): boolean {
  return accept?.includes('as=PartialObjectMetadata') === true;
}
