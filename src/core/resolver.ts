import type { SecretError } from './errors.ts';
import type { Plan, ResolvedObject } from './plan.ts';

/** The use case that mounts and syncs share: a plan becomes contents and versions. */
export interface Resolver {
  /**
   * Never rejects for an object: failures stand beside what worked. Rejects with the signal's reason only; a reason that is
   * a TimeoutError ends the waiting instead, with what there is by then: kept values, and MOUNT_DEADLINE for the rest.
   */
  resolve(plan: Plan, options: ResolveOptions): Promise<Resolution>;
  /** Forgets every value, so that the next call asks the store. Leases stay. */
  flush(): void;
}

export interface ResolveOptions {
  readonly signal: AbortSignal;
  /**
   * `first`: the caller has nothing yet, and accepts only what was fetched within the last two seconds.
   * `repeat`: the caller was served before, and accepts what is fresh, or stale while the store is out.
   * `forced`: somebody says that the store has something new, and only what is asked from now on is accepted.
   */
  readonly delivery: 'first' | 'repeat' | 'forced';
}

export interface Resolution {
  /** In the order of the plan; absent optional objects left out, expanded ones in place of their parent. */
  readonly objects: readonly ResolvedObject[];
  readonly failures: readonly ObjectFailure[];
}

export interface ObjectFailure {
  readonly name: string;
  readonly error: SecretError;
}
