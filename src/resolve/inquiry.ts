import type { LRUCache } from 'lru-cache';

import type { SecretError } from '../core/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Metrics } from '../platform/metrics.ts';
import { isTimeout } from '../platform/deadline.ts';
import { impatient } from '../platform/shared-call.ts';
import type { Entry, ValueCache } from './cache.ts';
import type { Content } from './content.ts';
import { decide } from './decide.ts';
import type { Flight, Flights, Landing } from './flights.ts';
import { isUsableStale, patienceMs, spentOf, type Terms } from './freshness.ts';
import type { Identities, Scope } from './identities.ts';
import type { Asker, Question } from './question.ts';
import { isOfCaller, toStoreError } from './store-error.ts';

export interface InquiryDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly cache: ValueCache;
  readonly flights: Flights;
  readonly identities: Identities;
  readonly leasedQuestions: Pick<LRUCache<string, true>, 'has'>;
  readonly metrics: Pick<Metrics, 'cacheLookups' | 'staleAnswers'>;
}

/** One call of the resolver. */
export interface Call {
  readonly asker: Asker;
  readonly terms: Terms;
  readonly signal: AbortSignal;
}

export type Answer =
  | { readonly status: 'found'; readonly content: Content; readonly key: string }
  | { readonly status: 'failed'; readonly error: SecretError };

/** A question under the identity for which it is asked. */
interface Placed {
  readonly question: Question;
  readonly key: string;
  /** The login found the store out. */
  readonly outage?: SecretError | undefined;
  /** The answer to somebody else was of no use: ask under one's own identity. */
  readonly alone?: boolean;
}

/** Answers the questions of one call, from what is kept, what is under way, or the store. */
export class Inquiry {
  readonly #deps: InquiryDeps;
  readonly #call: Call;
  readonly #answers = new Map<Question, Answer>();

  constructor(deps: InquiryDeps, call: Call) {
    this.#deps = deps;
    this.#call = call;
  }

  /** Every question has an answer. Rejects with the signal's reason only, and not when that says that time is up. */
  async answer(questions: readonly Question[]): Promise<ReadonlyMap<Question, Answer>> {
    const own = questions.filter((question) => !this.#mayShare(question));
    const stores = Map.groupBy(
      questions.filter((question) => this.#mayShare(question)),
      ({ store }) => store,
    );
    const placed = await Promise.all([...stores.values()].map((group) => this.#place(group)));
    const again = await this.#round([...own.map(toOwnPlace), ...placed.flat()]);
    if (again.length > 0) await this.#round(again);
    return this.#answers;
  }

  /** Nothing is shared that is not kept, that has arguments, or that was leased when last asked. */
  #mayShare({ isShareable, accountKey }: Question): boolean {
    return this.#call.terms.refreshMs > 0 && isShareable && !this.#deps.leasedQuestions.has(accountKey);
  }

  /** Finds out whose answers the caller may see at one store. */
  async #place(group: readonly Question[]): Promise<readonly Placed[]> {
    const [first] = group;
    if (!first) return [];
    const { asker, signal } = this.#call;
    const canFallBack = (scope: Scope): boolean => group.every((question) => this.#hasStale(keyOf(question, scope)));
    const identified = await this.#deps.identities.identify(first, asker, { signal, canFallBack });
    if (identified.status === 'known') {
      const { scope, outage } = identified;
      return group.map((question) => ({ question, key: keyOf(question, scope), outage }));
    }
    const { error } = identified;
    if (error.isOutage) return group.map((question) => ({ ...toOwnPlace(question), outage: error }));
    for (const question of group) {
      this.#deps.cache.delete(question.podKey);
      this.#settle(question, { status: 'failed', error }, 'miss');
    }
    return [];
  }

  /** Answers what it can and returns what must be asked again, alone. A question asked alone is always answered. */
  async #round(placed: readonly Placed[]): Promise<readonly Placed[]> {
    const joined = new Map<Flight, Placed[]>();
    const toFetch = placed.filter((place) => this.#answerOrJoin(place, joined));
    const departed = this.#deps.flights.depart({ ...this.#call, passengers: toFetch });
    const again = await Promise.all([
      ...[...joined].map(([flight, places]) => this.#await(flight, places, 'joined')),
      ...[...departed].map(([flight, places]) => this.#await(flight, places, 'miss')),
    ]);
    return again.flat();
  }

  /** Returns whether the store has to be asked. */
  #answerOrJoin(place: Placed, joined: Map<Flight, Placed[]>): boolean {
    const { question, key, outage, alone } = place;
    const entry = this.#deps.cache.get(key);
    const flight = alone ? undefined : this.#deps.flights.find(key);
    const decision = decide({ entry, flight, outage }, this.#call.terms, this.#deps.clock.now());
    switch (decision.kind) {
      case 'hit':
        this.#settle(question, { status: 'found', content: decision.entry.content, key }, decision.kind);
        return false;
      case 'stale':
        this.#settleStale(place, decision.entry);
        return false;
      case 'fail':
        this.#settle(question, { status: 'failed', error: decision.error }, 'miss');
        return false;
      case 'join':
        joined.getOrInsertComputed(decision.flight, () => []).push(place);
        return false;
      case 'fetch':
        return true;
    }
  }

  /** Waits for a flight, and returns the places that it was of no use to. */
  async #await(flight: Flight, places: readonly Placed[], how: 'joined' | 'miss'): Promise<readonly Placed[]> {
    const landings = await this.#landings(flight, places);
    const isOwn = flight.pod === this.#call.asker.pod;
    return places.flatMap((place) => {
      const landing = landings === impatient ? undefined : landings.get(place.key);
      const again = landing && !isOwn ? askAgain(place, landing) : undefined;
      if (!again) this.#take(place, landing, how);
      return again ?? [];
    });
  }

  /** When everything could be answered with what is kept, patience has an end. `impatient`: there is no time left. */
  async #landings(flight: Flight, places: readonly Placed[]): Promise<ReadonlyMap<string, Landing> | typeof impatient> {
    const { signal } = this.#call;
    const canFallBack = (): boolean => places.every(({ key }) => this.#hasStale(key));
    try {
      if (!canFallBack()) return await flight.call.wait(signal);
      const landings = await flight.call.waitBriefly(signal, patienceMs);
      return landings === impatient && !canFallBack() ? await flight.call.wait(signal) : landings;
    } catch (error) {
      if (isTimeout(signal.reason)) return impatient;
      throw error;
    }
  }

  #take(place: Placed, landing: Landing | undefined, how: 'joined' | 'miss'): void {
    const { question, key } = place;
    if (landing?.status === 'found') {
      this.#settle(question, { status: 'found', content: landing.content, key }, how);
      return;
    }
    const error = landing?.error ?? toStoreError(this.#call.signal.reason, question.ref);
    // Looked up now, because a refusal to somebody else may have ended it meanwhile.
    const entry = this.#deps.cache.get(key);
    if ((!landing || error.isOutage) && entry && this.#hasStale(key)) {
      this.#settleStale(place, entry);
    } else {
      this.#settle(question, { status: 'failed', error }, how);
    }
  }

  #settleStale({ question, key }: Placed, { content, askedAtMs }: Entry): void {
    this.#settle(question, { status: 'found', content, key }, 'stale');
    this.#deps.metrics.staleAnswers.inc({ spent: spentOf(askedAtMs, this.#call.terms, this.#deps.clock.now()) });
  }

  #hasStale(key: string): boolean {
    const entry = this.#deps.cache.peek(key);
    return entry !== undefined && isUsableStale(entry.askedAtMs, this.#call.terms, this.#deps.clock.now());
  }

  #settle(question: Question, answer: Answer, result: 'hit' | 'miss' | 'joined' | 'stale'): void {
    this.#answers.set(question, answer);
    this.#deps.metrics.cacheLookups.inc({ result });
  }
}

function keyOf(question: Question, scope: Scope): string {
  return scope === 'shared' ? question.accountKey : question.podKey;
}

function toOwnPlace(question: Question): Placed {
  return { question, key: question.podKey };
}

/** What another pod's flight brought, and must be asked again: its lease is its own, and so is a refusal of its login. */
function askAgain(place: Placed, landing: Landing): Placed | undefined {
  if (landing.status === 'found') return landing.leased ? toOwnPlace(place.question) : undefined;
  return isOfCaller(landing.error) ? { ...place, alone: true } : undefined;
}
