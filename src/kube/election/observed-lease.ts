import type { Clock } from '../../platform/clock.ts';
import type { LeaseRecord } from './lease.ts';

export interface ObservedLeaseDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly identity: string;
  /** For records that do not say how long their holder may be silent. */
  readonly leaseMs: number;
}

/** The record of a lease, and since when it has stood there unchanged, by our own clock. */
export class ObservedLease {
  readonly #deps: ObservedLeaseDeps;
  #record: LeaseRecord | undefined;
  #sinceMs = 0;

  constructor(deps: ObservedLeaseDeps) {
    this.#deps = deps;
  }

  /** Empty: nobody, as far as is known. */
  get holder(): string {
    return this.#record?.holder ?? '';
  }

  /** A record that vanishes is not to be reported: it was deleted by hand, and its holder is about to write it again. */
  see(record: LeaseRecord): void {
    if (record.fingerprint === this.#record?.fingerprint) return;
    this.#record = record;
    this.#sinceMs = this.#deps.clock.monotonic();
  }

  /** How long nothing must happen until we may take it; 0: now. */
  get untilFreeMs(): number {
    if (this.holder === '' || this.holder === this.#deps.identity) return 0;
    const durationMs = this.#record?.durationMs ?? this.#deps.leaseMs;
    return Math.max(this.#sinceMs + durationMs - this.#deps.clock.monotonic(), 0);
  }
}
