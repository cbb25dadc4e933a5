import { LRUCache } from 'lru-cache';

import { SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { impatient } from '../../platform/shared-call.ts';
import { SingleFlight } from '../../platform/single-flight.ts';
import { loginTimeoutMs, maxSessions, refreshBeforeMs, refreshPatienceMs } from './limits.ts';
import type { Session } from './session.ts';

export interface SessionCacheDeps {
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'timer'>;
  readonly metrics: Pick<Metrics, 'tokens'>;
}

export interface SessionRequest {
  readonly signal: AbortSignal;
  /** Logs in. Called at most once at a time per key, for everybody who asks meanwhile. */
  readonly logIn: (signal: AbortSignal) => Promise<Session>;
  /** The one that AWS no longer took. */
  readonly refused?: Session | undefined;
}

interface Failure {
  readonly error: SecretError;
  /** Of the monotonic clock: a date that is set must not prolong it. */
  readonly atMs: number;
}

interface Kept {
  readonly session: Session;
  readonly dueAtMs: number;
}

/**
 * The credentials, one per identity and region; the key holds both. They are replaced some minutes before their end by
 * whoever asks then. When that fails or drags on, the old ones are used until their end. Those that nobody asks for any
 * more are dropped when they have ended.
 */
export class SessionCache {
  readonly #deps: SessionCacheDeps;
  readonly #kept = new LRUCache<string, Kept>({ max: maxSessions });
  readonly #flights: SingleFlight<Session>;
  readonly #outages = new LRUCache<string, Failure>({ max: maxSessions });
  #sweptAtMs: number;

  constructor(deps: SessionCacheDeps) {
    this.#deps = deps;
    this.#flights = new SingleFlight({ clock: deps.clock, timeoutMs: loginTimeoutMs });
    this.#sweptAtMs = deps.clock.now();
  }

  /** Rejects with what the login rejects with, or the signal's reason. */
  async acquire(key: string, request: SessionRequest): Promise<Session> {
    const { signal, refused } = request;
    const kept = this.#kept.get(key);
    const now = this.#deps.clock.now();
    if (!kept || kept.session === refused || now >= kept.session.endsAtMs) {
      this.#checkOutage(key);
      return await this.#logIn(key, request).wait(signal);
    }
    return now < kept.dueAtMs ? kept.session : await this.#renew(key, kept, request);
  }

  clear(): void {
    this.#kept.clear();
    this.#count();
  }

  #logIn(key: string, { logIn }: SessionRequest) {
    return this.#flights.call(key, async (signal) => {
      try {
        const session = await logIn(signal);
        this.#keep(key, session);
        return session;
      } catch (error) {
        const isOutage = error instanceof SecretError && error.isOutage;
        if (isOutage) this.#outages.set(key, { error, atMs: this.#deps.clock.monotonic() });
        throw error;
      }
    });
  }

  /** A mount logs in to learn who it is, and again to read: a region that hangs must not hold it twice. */
  #checkOutage(key: string): void {
    const outage = this.#outages.get(key);
    if (outage && this.#deps.clock.monotonic() - outage.atMs < outageMs) throw outage.error;
  }

  async #renew(key: string, kept: Kept, request: SessionRequest): Promise<Session> {
    const { signal } = request;
    try {
      const newer = await this.#logIn(key, request).waitBriefly(signal, refreshPatienceMs);
      return newer === impatient ? kept.session : newer;
    } catch {
      signal.throwIfAborted();
      this.#postpone(key, kept);
      return kept.session;
    }
  }

  #keep(key: string, session: Session): void {
    const now = this.#deps.clock.now();
    this.#sweep(now);
    const leftMs = session.endsAtMs - now;
    if (leftMs > 0) this.#kept.set(key, { session, dueAtMs: session.endsAtMs - Math.min(refreshBeforeMs, leftMs / 2) });
    this.#count();
  }

  /** The next try comes when a quarter of the rest has passed. */
  #postpone(key: string, { session }: Kept): void {
    if (this.#kept.peek(key)?.session !== session) return;
    const now = this.#deps.clock.now();
    this.#kept.set(key, { session, dueAtMs: now + (session.endsAtMs - now) / 4 });
  }

  #sweep(now: number): void {
    if (now - this.#sweptAtMs < sweepIntervalMs) return;
    this.#sweptAtMs = now;
    // Collected first: deleting while it iterates confuses the list.
    const ended = [...this.#kept.entries()].filter(([, { session }]) => now >= session.endsAtMs);
    for (const [key] of ended) this.#kept.delete(key);
  }

  #count(): void {
    this.#deps.metrics.tokens.set({ store: 'aws' }, this.#kept.size);
  }
}

const sweepIntervalMs = 60_000;
/** So long nobody tries a login again that nobody answered. */
const outageMs = 5_000;
