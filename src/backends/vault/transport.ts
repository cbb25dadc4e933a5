import { SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { createDeadline } from '../../platform/deadline.ts';
import { isBelowApi, type VaultAddress } from './address.ts';
import { describeCall, type VaultCall, type WireAnswer } from './call.ts';
import { toCallError } from './errors.ts';
import { exchange } from './exchange.ts';
import { requestTimeoutMs } from './limits.ts';
import type { PolicyGuard } from './policy.ts';
import type { Pools } from './pools.ts';
import { findRedirect, refuseRedirect, type Target } from './redirect.ts';
import { withRetries } from './retry.ts';

export interface TransportDeps {
  readonly clock: Clock;
  readonly guard: PolicyGuard;
  readonly pools: Pools;
  readonly random: () => number;
}

export interface TransportRequest {
  readonly call: VaultCall;
  readonly address: VaultAddress;
  /** The whole URL, below the address. */
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Sends a request with retries and at most one redirect, in 60 s at the most. Any status is an answer; throws SecretError. */
export type Transport = (request: TransportRequest) => Promise<WireAnswer>;

export function createTransport(deps: TransportDeps): Transport {
  return async (request) => {
    const deadlineMs = deps.clock.now() + requestTimeoutMs;
    using deadline = createDeadline({ clock: deps.clock, atMs: deadlineMs, parents: [request.signal] });
    const { signal } = deadline;
    const send = (target: Target): Promise<WireAnswer> =>
      withRetries(() => sendOnce(target, { ...request, signal }, deps), { ...deps, signal, deadlineMs });
    try {
      const first = toTarget(request);
      const answer = await send(first);
      const target = findRedirect(answer, first, request.call, deps.guard);
      return target ? refuseRedirect(await send(target), request.call) : answer;
    } catch (error) {
      throw toCallError(error, request.call, request.signal);
    }
  };
}

/** What is sent is what was checked: a URL parser must find nothing to change in it. */
function toTarget({ uri, address, call }: TransportRequest): Target {
  const path = uri.slice(address.origin.length);
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  const isPlain = url?.origin === address.origin && url.pathname + url.search === path;
  if (url && isPlain && isBelowApi(address, url.pathname)) return { address, path };
  throw new SecretError('PATH_FORBIDDEN', `${describeCall(call)}: the path does not stay below /v1/; write it plainly`);
}

async function sendOnce(target: Target, request: TransportRequest, deps: TransportDeps): Promise<WireAnswer> {
  const { call } = request;
  const place = { address: target.address, store: call.store, ...(call.identity && { identity: call.identity }) };
  try {
    return await exchange(await deps.pools.acquire(place), { ...request, path: target.path });
  } catch (error) {
    const converted = request.signal.aborted ? error : toCallError(error, call, request.signal);
    if (converted instanceof SecretError && converted.code === 'VAULT_TLS') deps.pools.doubt(place);
    throw converted;
  }
}
