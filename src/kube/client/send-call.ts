import type { IncomingMessage } from 'node:http';

import type { SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { type ApiCall, describeResource } from './api-call.ts';
import { type ApiAnswer, isObjectMissing, toAnswerError, toCallError } from './api-errors.ts';
import type { Connections } from './connections.ts';
import type { Credentials, Identity } from './credentials.ts';
import { readBody, sendRequest } from './exchange.ts';

export interface SendDeps {
  readonly clock: Pick<Clock, 'sleep' | 'monotonic'>;
  readonly metrics: Pick<Metrics, 'kubeRequests'>;
  readonly credentials: Credentials;
  readonly connections: Connections;
}

export interface SendOptions {
  /** Path and query. */
  readonly path: string;
  readonly accept: string;
  /** Of the body of the call. */
  readonly contentType?: string;
  /** Ends the call, sleeping included. Of a watch: its beginning. */
  readonly signal: AbortSignal;
  /** Of the clock that nobody sets: no pause ends after it. */
  readonly deadlineMs: number;
}

/** A success: the body, or for a watch the open answer. */
export type Sent = { readonly body: Buffer } | { readonly stream: IncomingMessage } | 'missing';

/**
 * Sends a call, again where the API server did nothing: after 401 with credentials read anew, after 429 and 503 when it
 * says how long to wait, and what may be repeated once more when a kept connection turns out to be dead. `missing`: the
 * object of a get or delete is not there. Throws SecretError, or the signal's reason. Every request is counted.
 */
export async function sendCall(call: ApiCall, options: SendOptions, deps: SendDeps): Promise<Sent> {
  const { credentials, clock } = deps;
  const { signal } = options;
  let identity = await credentials.current(signal);
  let isRenewed = false;
  let isReset = false;
  for (let waits = 0; ;) {
    const outcome = await attempt(call, { ...options, identity }, deps);
    if (outcome.kind === 'sent') return outcome.sent;
    if (outcome.kind === 'stale' && !isReset) {
      isReset = true;
      deps.connections.dropIdle();
      continue;
    }
    const { error } = outcome;
    if (error.code === 'KUBE_UNAUTHENTICATED' && !isRenewed) {
      isRenewed = true;
      const renewed = await credentials.renew(identity, signal);
      if (renewed === identity) throw error;
      identity = renewed;
      continue;
    }
    const pauseMs = outcome.kind === 'refused' ? outcome.pauseMs : undefined;
    const isLate = pauseMs === undefined || clock.monotonic() + pauseMs >= options.deadlineMs;
    if (isLate || ++waits > maxWaits) throw error;
    await clock.sleep(pauseMs, signal);
  }
}

const maxWaits = 3;
/** They change nothing when they are carried out twice. */
const repeatable = new Set<string>(['get', 'list', 'apply', 'delete']);

type Outcome =
  | { readonly kind: 'sent'; readonly sent: Sent }
  /** `pauseMs`: the API server did nothing, and asks to come again. */
  | { readonly kind: 'refused'; readonly error: SecretError; readonly pauseMs: number | undefined }
  /** The kept connection was dead, so that the API server most likely saw nothing. */
  | { readonly kind: 'stale'; readonly error: SecretError };

interface AttemptOptions extends SendOptions {
  readonly identity: Identity;
}

async function attempt(call: ApiCall, options: AttemptOptions, { metrics, connections }: SendDeps): Promise<Outcome> {
  const labels = { verb: call.verb, resource: describeResource(call) };
  const { signal } = options;
  signal.throwIfAborted();
  const body = call.body && Buffer.from(JSON.stringify(call.body));
  let isReused = false;
  try {
    const request = connections.open(toHead(call, options, body), options.identity);
    request.once('socket', () => (isReused = request.reusedSocket));
    const response = await sendRequest(request, body, signal);
    isReused = false;
    const outcome = await receive(response, call, signal);
    metrics.kubeRequests.inc({ ...labels, result: outcome.kind === 'sent' ? 'ok' : outcome.error.code });
    return outcome;
  } catch (cause) {
    const error = toCallError(signal.aborted ? signal.reason : cause, call);
    const isCancelled = signal.aborted && error.code === 'INTERNAL';
    metrics.kubeRequests.inc({ ...labels, result: isCancelled ? 'cancelled' : error.code });
    // Nothing came back on a connection that was kept: the others may be dead as well.
    if (isReused && error.code === 'KUBE_TIMEOUT') connections.dropIdle();
    signal.throwIfAborted();
    if (isReused && repeatable.has(call.verb) && error.code === 'KUBE_UNREACHABLE') return { kind: 'stale', error };
    throw error;
  }
}

function toHead({ verb }: ApiCall, { path, accept, contentType }: SendOptions, body: Buffer | undefined) {
  const type = contentType ?? 'application/json';
  return {
    method: methods[verb],
    path,
    isWatch: verb === 'watch',
    headers: {
      accept,
      'user-agent': 'lockstep',
      ...(body && { 'content-type': type, 'content-length': body.length }),
    },
  };
}

const methods: Readonly<Record<ApiCall['verb'], string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  apply: 'PATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};

async function receive(response: IncomingMessage, call: ApiCall, signal: AbortSignal): Promise<Outcome> {
  const status = response.statusCode ?? 0;
  const isSuccess = status >= 200 && status < 300;
  if (isSuccess && call.verb === 'watch') return { kind: 'sent', sent: { stream: response } };
  const body = await readBody(response, call, signal);
  if (isSuccess) return { kind: 'sent', sent: { body } };
  const answer: ApiAnswer = { status, body };
  const mayMiss = call.verb === 'get' || call.verb === 'delete';
  if (mayMiss && isObjectMissing(answer, call)) return { kind: 'sent', sent: 'missing' };
  const error = toAnswerError(answer, call);
  return { kind: 'refused', error, pauseMs: toPauseMs(status, response.headers['retry-after']) };
}

/** The API server tells whole seconds. */
function toPauseMs(status: number, retryAfter: string | undefined): number | undefined {
  const isAsked = (status === 429 || status === 503) && retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter);
  return isAsked ? Number(retryAfter) * 1000 : undefined;
}
