import { type ErrorCode, SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { createDeadline } from '../../platform/deadline.ts';
import type { Component } from '../../platform/lifecycle.ts';
import type { ApiClient } from '../client/api-client.ts';
import { claimedSpec, parseLease, releasedSpec } from './lease.ts';
import { keyOf, type KubeObject, resources } from '../objects.ts';
import { ObservedLease } from './observed-lease.ts';
import { Tenure } from './tenure.ts';
import type { TermListener, TermsDeps } from './terms.ts';

/** Which one of several replicas works. */
export interface Election extends Component {
  /** Whether this replica may write right now: to be asked before every write, never remembered. */
  holds(): boolean;
  /** Told of every term, the one that is on included. */
  onTerm(listener: TermListener): void;
}

export interface ElectionDeps extends TermsDeps {
  readonly client: Pick<ApiClient, 'get' | 'create' | 'update'>;
  readonly clock: Clock;
  /** In [0, 1), for the jitter. */
  readonly random: () => number;
  /** Of this process, and of no other one. */
  readonly identity: string;
  readonly lease: { readonly namespace: string; readonly name: string };
  readonly timing?: ElectionTiming;
}

/** Milliseconds. `renewDeadlineMs` is less than `leaseMs`: a leader gives up before others may take over. */
export interface ElectionTiming {
  readonly leaseMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

/**
 * An election by a Lease. Every replica measures with its own monotonic clock, so that no date matters: a leader holds until
 * ten seconds after it began the last renewal that worked, also when it was frozen meanwhile; the others take over when
 * they have seen the record unchanged for fifteen. Each write carries the version that was read, so that only one succeeds.
 * Who loses goes on trying.
 */
export function createElection(deps: ElectionDeps): Election {
  return new LeaseElection(deps);
}

const usualTiming: ElectionTiming = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };
/** Of the retries, so that replicas do not go in step. */
const jitter = 0.1;
/** Of the renew deadline: a call that hangs leaves time for another one. */
const callShare = 0.4;

class LeaseElection implements Election {
  readonly name = 'leader election';
  readonly #deps: ElectionDeps;
  readonly #timing: ElectionTiming;
  readonly #tenure: Tenure;
  readonly #observed: ObservedLease;
  readonly #end = new AbortController();
  #loop = Promise.resolve();
  /** As it was written last, while it is ours. */
  #own: KubeObject | undefined;
  /** A claim was sent since another holder was last seen. */
  #mayHold = false;
  #isFailing = false;

  constructor(deps: ElectionDeps) {
    this.#deps = deps;
    this.#timing = deps.timing ?? usualTiming;
    this.#tenure = new Tenure({ ...deps, limitMs: this.#timing.renewDeadlineMs });
    this.#observed = new ObservedLease({ ...deps, leaseMs: this.#timing.leaseMs });
  }

  holds(): boolean {
    return this.#tenure.isOn;
  }

  onTerm(listener: TermListener): void {
    this.#tenure.onTerm(listener);
  }

  start(): Promise<void> {
    this.#loop = this.#run(this.#end.signal);
    return Promise.resolve();
  }

  /** The term is over before the lease is given back. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#end.abort();
    this.#tenure.end('it stops');
    await this.#loop;
    if (this.#mayHold) await this.#release(signal);
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#try(signal);
      await this.#deps.clock.sleep(this.#pauseMs(), signal).catch(() => {});
    }
  }

  async #try(signal: AbortSignal): Promise<void> {
    using deadline = this.#callDeadline(signal);
    try {
      const sinceMs = await this.#campaign(deadline.signal);
      if (sinceMs !== undefined && !signal.aborted) this.#tenure.extend(sinceMs);
      this.#isFailing = false;
    } catch (error) {
      if (signal.aborted) return;
      // Every two seconds: one line is enough until it works again.
      this.#deps.logger[this.#isFailing ? 'debug' : 'warn']({ err: error }, 'lease not read or renewed');
      this.#isFailing = true;
    }
  }

  /** When the request that made the lease ours was begun; undefined: somebody else has it. */
  async #campaign(signal: AbortSignal): Promise<number | undefined> {
    const { client, lease } = this.#deps;
    if (this.#tenure.isOn && this.#own) {
      const renewed = await this.#claim(this.#own, signal);
      if (renewed !== undefined) return renewed;
    }
    const current = await client.get(resources.leases, lease, { signal });
    if (current) this.#observe(current);
    return this.#observed.untilFreeMs === 0 ? await this.#claim(current, signal) : undefined;
  }

  /** Undefined: it is no longer what was read. */
  async #claim(current: KubeObject | undefined, signal: AbortSignal): Promise<number | undefined> {
    const { client, clock, identity, lease } = this.#deps;
    const spec = claimedSpec(current, { identity, durationMs: this.#timing.leaseMs, nowMs: clock.now() });
    const sinceMs = clock.monotonic();
    this.#mayHold = true;
    try {
      this.#own = current
        ? await client.update(resources.leases, { ...current, spec }, { signal })
        : await client.create(resources.leases, { metadata: lease, spec }, { signal });
    } catch (error) {
      if (hasCode(error, 'KUBE_CONFLICT') || (current && hasCode(error, 'KUBE_NOT_FOUND'))) return undefined;
      throw error;
    }
    this.#observe(this.#own);
    return sinceMs;
  }

  #observe(lease: KubeObject): void {
    const { identity, logger } = this.#deps;
    const before = this.#observed.holder;
    this.#observed.see(parseLease(lease));
    const { holder } = this.#observed;
    if (holder !== before) logger.info({ holder, identity }, 'lease changed hands');
    if (holder === identity) return;
    this.#own = undefined;
    this.#mayHold = false;
    this.#tenure.end(holder === '' ? 'the lease was taken away' : `${holder} holds the lease`);
  }

  /** A lease that runs out is taken at that moment, not at the next retry. */
  #pauseMs(): number {
    const { random } = this.#deps;
    const pauseMs = this.#timing.retryMs * (1 + jitter * random());
    const { untilFreeMs } = this.#observed;
    return untilFreeMs > 0 ? Math.min(pauseMs, untilFreeMs) : pauseMs;
  }

  /** So that the next one need not wait. Never rejects. */
  async #release(signal: AbortSignal): Promise<void> {
    const { client, clock, identity, lease, logger } = this.#deps;
    using deadline = this.#callDeadline(signal);
    try {
      const current = await client.get(resources.leases, lease, { signal: deadline.signal });
      if (!current || parseLease(current).holder !== identity) return;
      const released = { ...current, spec: releasedSpec(current, clock.now()) };
      await client.update(resources.leases, released, { signal: deadline.signal });
      logger.info({ lease: keyOf(lease) }, 'lease released');
    } catch (error) {
      logger.warn({ err: error }, 'lease not released: it runs out by itself');
    }
  }

  #callDeadline(signal: AbortSignal): ReturnType<typeof createDeadline> {
    const { clock } = this.#deps;
    return createDeadline({ clock, atMs: clock.now() + this.#timing.renewDeadlineMs * callShare, parents: [signal] });
  }
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof SecretError && error.code === code;
}
