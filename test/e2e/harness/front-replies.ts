import type { FrontReply, Intercept } from './kube-front.ts';
import type { Verb } from './kube-request.ts';

/** 403 in the API server's words for one verb on one resource in one namespace. */
export function forbid({ verb, resource, namespace }: Refusal): Intercept {
  return (request) => {
    // `apply` is a verb of ours: RBAC sees a patch.
    const asked = request.verb === 'apply' ? 'patch' : request.verb;
    if (asked !== verb || request.resource !== resource || request.namespace !== namespace) return undefined;
    const message = `${resource} ${JSON.stringify(request.name)} is forbidden: User "lockstep" cannot ${verb} resource ${JSON.stringify(resource)} in API group "" in the namespace ${JSON.stringify(namespace)}`;
    return status(403, 'Forbidden', message);
  };
}

/** The next `count` watches are told that their version is too old: by the answer's status, or by an event. */
export function expireWatches(how: 'status' | 'event', count: number): Intercept {
  let left = count;
  return ({ verb }) => {
    if (verb !== 'watch' || left === 0) return undefined;
    left -= 1;
    const gone = status(410, 'Expired', 'too old resource version: 1 (2)');
    return how === 'status' ? gone : { status: 200, body: `{"type":"ERROR","object":${gone.body}}\n` };
  };
}

/** Every request fails with this status. */
export function failAll(code: number, reason: string): Intercept {
  return () => status(code, reason, 'the API server has a bad day');
}

export interface Refusal {
  readonly verb: Verb;
  readonly resource: string;
  readonly namespace: string;
}

function status(code: number, reason: string, message: string): FrontReply {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  return { status: code, body: JSON.stringify(body) };
}
