import { LRUCache } from 'lru-cache';

import { SecretBytes } from '../../core/secret-bytes.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { KeptLogin } from './kept-login.ts';
import type { Lease } from './lease.ts';
import { Lifetime } from './lifetime.ts';
import { idleMs, maxLeases } from './limits.ts';
import type { Renewals } from './renewals.ts';

export interface LeasesDeps {
  readonly clock: Clock;
  readonly renewals: Pick<Renewals, 'lease'>;
  readonly metrics: Pick<Metrics, 'leases'>;
}

/** An answer that was issued to one caller. */
export interface LeasedAnswer {
  readonly payload: SecretBytes;
  readonly fingerprint: string;
}

export interface NewLease {
  readonly lease: Lease;
  readonly answer: LeasedAnswer;
  readonly login: KeptLogin;
}

interface Entry extends NewLease {
  readonly lifetime: Lifetime;
  readonly hold: Disposable | undefined;
  calledAtMs: number;
}

/**
 * Leased answers, each under the pod and request that it was issued to. A lease is renewed until the pod has not called for
 * ten minutes, and cannot outlive the token that issued it, which it therefore keeps renewed.
 */
export class Leases {
  readonly #deps: LeasesDeps;
  readonly #entries: LRUCache<string, Entry>;

  constructor(deps: LeasesDeps) {
    this.#deps = deps;
    this.#entries = new LRUCache({ max: maxLeases, dispose: release });
  }

  /** The answer while it need not be asked for again. */
  find(key: string): LeasedAnswer | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    entry.calledAtMs = this.#deps.clock.now();
    const isDue = entry.lifetime.isDue || (entry.lease.id !== '' && entry.login.isDue);
    return isDue || isOver(entry) ? undefined : copy(entry.answer);
  }

  /** The answer until its real end, for when Vault cannot be asked. */
  findUnexpired(key: string): LeasedAnswer | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || isOver(entry) ? undefined : copy(entry.answer);
  }

  /** Takes the place of what was kept under the key. */
  keep(key: string, { lease, answer, login }: NewLease): void {
    const { clock, renewals } = this.#deps;
    if (lease.ttlMs === 0) return;
    const hold = lease.id === '' ? undefined : login.hold('lease');
    const lifetime = new Lifetime({
      clock,
      ttlMs: lease.ttlMs,
      renewable: lease.renewable && lease.id !== '',
      isWanted: () => clock.now() - entry.calledAtMs <= idleMs,
      renew: () => renewals.lease(login, lease.id),
      onIdle: () => hold?.[Symbol.dispose](),
      onEnd: () => this.#drop(key, entry),
    });
    const entry: Entry = { lease, answer: copy(answer), login, lifetime, hold, calledAtMs: clock.now() };
    this.#entries.set(key, entry);
    this.#count();
  }

  close(): void {
    this.#entries.clear();
  }

  #drop(key: string, entry: Entry): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    this.#count();
  }

  #count(): void {
    this.#deps.metrics.leases.set({ store: 'vault' }, this.#entries.size);
  }
}

function isOver({ lease, lifetime, login }: Entry): boolean {
  return lifetime.isOver || (lease.id !== '' && !login.isUsable);
}

function release({ lifetime, hold, answer }: Entry): void {
  lifetime[Symbol.dispose]();
  hold?.[Symbol.dispose]();
  answer.payload.zero();
}

/** What is kept is wiped when it is dropped; what was handed out is not. */
function copy({ payload, fingerprint }: LeasedAnswer): LeasedAnswer {
  return { payload: SecretBytes.from(Buffer.from(payload.reveal())), fingerprint };
}
