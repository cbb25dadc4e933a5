import type { SecretError } from '../core/errors.ts';
import type { Freshness } from '../core/plan.ts';
import type { ResolveOptions } from '../core/resolver.ts';

/** What the daemon's flags say. Milliseconds. */
export interface FreshnessLimits {
  /** Where a manifest says nothing; 0 keeps nothing. */
  readonly refreshIntervalMs: number;
  /** The shortest interval that a manifest gets. */
  readonly minRefreshIntervalMs: number;
  /** Where a manifest says nothing. */
  readonly staleIfErrorMs: number;
}

/** What one call accepts. All decisions of this file are about a time of asking: when the request was sent to the store. */
export interface Terms {
  readonly delivery: ResolveOptions['delivery'];
  readonly calledAtMs: number;
  /** 0: nothing is kept, and nothing kept is accepted. */
  readonly refreshMs: number;
  /** How long after its asking a value may stand in for a store that is out; 0: never. */
  readonly staleMs: number;
  /** How long a value is worth keeping when nobody asks for it. */
  readonly keepMs: number;
}

/** After an outage a kept value answers at once until `retryAtMs`. */
export interface Backoff {
  readonly retryAtMs: number;
  readonly delayMs: number;
  readonly error: SecretError;
}

/** Label of `lockstep_stale_answers_total`. */
export type SpentBudget = 'under_half' | 'over_half';

/** A first delivery accepts what was asked so long before its call, so that pods that start together share one fetch. */
const firstWindowMs = 2000;
/** A value survives at least a few republishes of kubelet (every 60–90 s), so that it can be compared with the next. */
const leastKeepMs = 10 * 60_000;
/** How long a call that could deliver a kept value waits for the store. */
export const patienceMs = 10_000;
const shortestBackoffMs = 5000;
const longestBackoffMs = 60_000;

export function toTerms(
  freshness: Freshness,
  limits: FreshnessLimits,
  call: Pick<Terms, 'delivery' | 'calledAtMs'>,
): Terms {
  const asked = freshness.refreshIntervalMs;
  const refreshMs = asked === undefined ? limits.refreshIntervalMs : Math.max(asked, limits.minRefreshIntervalMs);
  const mayBeStale = refreshMs > 0 && (call.delivery === 'repeat' || freshness.staleOnFirstMount);
  const staleIfErrorMs = freshness.staleIfErrorMs ?? limits.staleIfErrorMs;
  const staleMs = mayBeStale ? staleIfErrorMs : 0;
  return { ...call, refreshMs, staleMs, keepMs: Math.max(refreshMs, staleIfErrorMs, leastKeepMs) };
}

/** A value that may be delivered without asking the store. */
export function isFresh(askedAtMs: number, terms: Terms, nowMs: number): boolean {
  if (!isPast(askedAtMs, nowMs) || nowMs - askedAtMs >= terms.refreshMs) return false;
  return terms.delivery === 'repeat' || isRecent(askedAtMs, terms);
}

/** A value that may be delivered when the store cannot be reached. */
export function isUsableStale(askedAtMs: number, terms: Terms, nowMs: number): boolean {
  return isPast(askedAtMs, nowMs) && nowMs - askedAtMs < terms.staleMs;
}

/** How much of the time is spent for which a value may stand in for a store that is out. */
export function spentOf(askedAtMs: number, { staleMs }: Pick<Terms, 'staleMs'>, nowMs: number): SpentBudget {
  return nowMs - askedAtMs < staleMs / 2 ? 'under_half' : 'over_half';
}

/**
 * Whether the answer to a request that is on its way will do. A first delivery cannot know when the store read the value,
 * only that it was not before the request was sent. A repeat takes any: a store that struggles gets no second request.
 */
export function isJoinable(sentAtMs: number, terms: Terms): boolean {
  if (terms.refreshMs === 0) return false;
  return terms.delivery === 'repeat' || isRecent(sentAtMs, terms);
}

/** Twice as long as the previous one, which failures that fall into it do not prolong. */
export function nextBackoff(previous: Backoff | undefined, error: SecretError, nowMs: number): Backoff {
  if (previous && isBackingOff(previous, nowMs)) return previous;
  const delayMs = previous ? Math.min(previous.delayMs * 2, longestBackoffMs) : shortestBackoffMs;
  return { retryAtMs: nowMs + delayMs, delayMs, error };
}

/** False also when the clock was set back too far to tell. */
export function isBackingOff(backoff: Backoff | undefined, nowMs: number): boolean {
  return backoff !== undefined && nowMs < backoff.retryAtMs && nowMs >= backoff.retryAtMs - backoff.delayMs;
}

function isRecent(askedAtMs: number, { delivery, calledAtMs }: Terms): boolean {
  return askedAtMs >= (delivery === 'forced' ? calledAtMs : calledAtMs - firstWindowMs);
}

/** A time in the future means that the clock was set back: the age is unknown. */
function isPast(askedAtMs: number, nowMs: number): boolean {
  return askedAtMs <= nowMs;
}
