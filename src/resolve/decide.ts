import type { SecretError } from '../core/errors.ts';
import type { Entry } from './cache.ts';
import type { Flight } from './flights.ts';
import { isBackingOff, isFresh, isJoinable, isUsableStale, type Terms } from './freshness.ts';

/** How one question is answered. */
export type Decision =
  | { readonly kind: 'hit' | 'stale'; readonly entry: Entry }
  | { readonly kind: 'join'; readonly flight: Flight }
  | { readonly kind: 'fetch' }
  | { readonly kind: 'fail'; readonly error: SecretError };

export interface Situation {
  readonly entry: Entry | undefined;
  /** A request for the same that is under way and that the caller may wait for. */
  readonly flight: Flight | undefined;
  /** Set when the login found the store out: there is no use in asking it. */
  readonly outage: SecretError | undefined;
}

export function decide({ entry, flight, outage }: Situation, terms: Terms, nowMs: number): Decision {
  if (entry && isFresh(entry.askedAtMs, terms, nowMs)) return { kind: 'hit', entry };
  const stale = entry && isUsableStale(entry.askedAtMs, terms, nowMs) ? entry : undefined;
  if (stale && (outage || isBackingOff(stale.backoff, nowMs))) return { kind: 'stale', entry: stale };
  if (outage) return { kind: 'fail', error: outage };
  if (flight && isJoinable(flight.call.startedAtMs, terms)) return { kind: 'join', flight };
  return { kind: 'fetch' };
}
