import type { FetchOutcome } from '../core/backend.ts';
import { SecretError } from '../core/errors.ts';
import type { ObjectRef } from '../core/object-ref.ts';
import type { Clock } from '../platform/clock.ts';
import { isTimeout } from '../platform/deadline.ts';
import { SharedCall } from '../platform/shared-call.ts';
import { untilAborted } from '../platform/until-aborted.ts';
import { backendOf, type Backends } from './backends.ts';
import type { Content } from './content.ts';
import type { Terms } from './freshness.ts';
import type { Asker, Question } from './question.ts';
import { toStoreError } from './store-error.ts';

/** A question on its way to a store, and the cache key that its answer is for. */
export interface Passenger {
  readonly question: Question;
  readonly key: string;
}

/** One call of a backend: for one caller, to one kind of store. */
export interface Departure {
  readonly asker: Asker;
  readonly terms: Terms;
  readonly passengers: readonly Passenger[];
}

/** What came of one question. `leased`: for the pod that asked, and nobody else. */
export type Landing =
  | { readonly status: 'found'; readonly content: Content; readonly leased: boolean }
  | { readonly status: 'failed'; readonly error: SecretError };

/** A call of a backend that is under way; one landing per cache key. */
export interface Flight {
  /** The pod under whose identity it asks. */
  readonly pod: string;
  readonly call: SharedCall<ReadonlyMap<string, Landing>>;
}

/** What is known about an outcome when it arrives. */
export interface Arrival {
  readonly asker: Asker;
  readonly terms: Terms;
  /** When the request was sent. */
  readonly askedAtMs: number;
  /** No younger request for the key is under way, and nothing was flushed since. */
  readonly isCurrent: boolean;
}

export interface FlightsDeps {
  readonly clock: Pick<Clock, 'now' | 'timer'>;
  readonly backends: Backends;
  /** Takes an outcome in, once, whether anybody still waits or not. */
  readonly land: (passenger: Passenger, outcome: FetchOutcome, arrival: Arrival) => Landing;
}

/** Bounds a call of a backend, whoever waits for it. A mount has no longer either. */
const flightTimeoutMs = 100_000;

/**
 * Single-flight per cache key: who needs what is under way waits for it. Of several requests for one key only the youngest
 * can be joined. Callers who keep nothing fly alone.
 */
export class Flights {
  readonly #deps: FlightsDeps;
  readonly #joinable = new Map<string, Flight>();

  constructor(deps: FlightsDeps) {
    this.#deps = deps;
  }

  find(key: string): Flight | undefined {
    const flight = this.#joinable.get(key);
    return flight?.call.isAbandoned ? undefined : flight;
  }

  /** Sends the requests, one flight per kind of store. */
  depart(departure: Departure): ReadonlyMap<Flight, readonly Passenger[]> {
    const kinds = new Set(departure.passengers.map(({ question }) => question.ref.kind));
    return new Map(
      [...kinds].map((kind) => {
        const passengers = departure.passengers.filter(({ question }) => question.ref.kind === kind);
        return [this.#send(kind, { ...departure, passengers }), passengers];
      }),
    );
  }

  /** What is under way was asked before now: nobody joins it any more, and its answers are not kept. */
  forget(): void {
    this.#joinable.clear();
  }

  #send(kind: ObjectRef['kind'], departure: Departure): Flight {
    const { asker, terms, passengers } = departure;
    const isCurrent = (key: string): boolean => this.#joinable.get(key) === flight;
    const run = async (signal: AbortSignal): Promise<ReadonlyMap<string, Landing>> => {
      const askedAtMs = this.#deps.clock.now();
      try {
        const outcomes = await this.#fetch(kind, departure, signal);
        const landings = passengers.map((passenger, index) => {
          const arrival = { asker, terms, askedAtMs, isCurrent: isCurrent(passenger.key) };
          return [passenger.key, this.#deps.land(passenger, outcomes[index] ?? noOutcome(), arrival)] as const;
        });
        return new Map(landings);
      } finally {
        for (const { key } of passengers) if (isCurrent(key)) this.#joinable.delete(key);
      }
    };
    const call = new SharedCall({ clock: this.#deps.clock, timeoutMs: flightTimeoutMs, run });
    const flight: Flight = { pod: asker.pod, call };
    if (terms.refreshMs > 0) for (const { key } of passengers) this.#joinable.set(key, flight);
    return flight;
  }

  /** Rejects only when nobody waits any more; a call that could not be made is a failure of each question. */
  async #fetch(
    kind: ObjectRef['kind'],
    { asker, passengers }: Departure,
    signal: AbortSignal,
  ): Promise<readonly FetchOutcome[]> {
    const refs = passengers.map(({ question }) => question.ref);
    try {
      const backend = backendOf(this.#deps.backends, kind);
      return await untilAborted(backend.fetch(refs, asker.caller, { signal }), signal);
    } catch (error) {
      if (signal.aborted && !isTimeout(signal.reason)) throw error;
      return refs.map((ref) => ({ status: 'failed', error: toStoreError(error, ref) }));
    }
  }
}

function noOutcome(): FetchOutcome {
  return { status: 'failed', error: new SecretError('INTERNAL', 'the backend left an object unanswered') };
}
