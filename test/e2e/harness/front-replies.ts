import type { FrontReply, Intercept } from './kube-front.ts';

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

function status(code: number, reason: string, message: string): FrontReply {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  return { status: code, body: JSON.stringify(body) };
}
