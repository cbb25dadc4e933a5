import type { FetchOutcome } from '../../core/backend.ts';
import { requestKey, type VaultStore } from '../../core/object-ref.ts';
import { answerFingerprint } from '../../core/vault-answer.ts';
import type { Clock } from '../../platform/clock.ts';
import { SingleFlight } from '../../platform/single-flight.ts';
import type { Ask } from './ask.ts';
import { toCallError } from './errors.ts';
import { identityOf } from './identity.ts';
import { findLease } from './lease.ts';
import type { Leases } from './leases.ts';
import { sharedCallTimeoutMs } from './limits.ts';
import { type Reader, toReadCall } from './reader.ts';

export interface FetcherDeps {
  readonly clock: Clock;
  readonly leases: Leases;
  readonly read: Reader;
  /** Throws for a store that the caller may not use, before anything is done. */
  readonly checkStore: (store: VaultStore) => void;
}

/** Never rejects. */
export type Fetcher = (ask: Ask) => Promise<FetchOutcome>;

/** A read, or the lease that an earlier read of the same pod brought. Reads of one pod and request at one time are one. */
export function createFetcher({ clock, leases, read, checkStore }: FetcherDeps): Fetcher {
  const flights = new SingleFlight<FetchOutcome>({ clock, timeoutMs: sharedCallTimeoutMs });
  const readAndKeep = async (key: string, ask: Ask): Promise<FetchOutcome> => {
    using reading = await read(ask);
    const { payload, answer, login } = reading;
    const fingerprint = answerFingerprint(answer);
    const lease = findLease(answer, ask.ref, clock.now());
    if (lease) leases.keep(key, { lease, answer: { payload, fingerprint }, login });
    return { status: 'found', payload, fingerprint, leased: lease !== undefined };
  };
  return async (ask) => {
    // A lease belongs to the pod also where the login is shared by its account.
    const key = JSON.stringify([identityOf(ask.ref, ask.caller).pod, requestKey(ask.ref)]);
    try {
      checkStore(ask.ref.store);
      const kept = leases.find(key);
      if (kept) return { status: 'found', ...kept, leased: true };
      return await flights.join(key, { signal: ask.signal, run: (signal) => readAndKeep(key, { ...ask, signal }) });
    } catch (cause) {
      const error = toCallError(cause, toReadCall(ask.ref), ask.signal);
      const unexpired = error.isOutage ? leases.findUnexpired(key) : undefined;
      return unexpired ? { status: 'found', ...unexpired, leased: true } : { status: 'failed', error };
    }
  };
}
