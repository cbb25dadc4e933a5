import { catalogue, type ErrorCode, SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { Backoff } from './backoff.ts';
import { type Scope, toScopeText } from './scope.ts';

export interface WatchHealthDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
  /** In [0, 1). */
  readonly random: () => number;
  /** Called whenever the API server was heard of. */
  readonly onHeard: () => void;
}

type Phase = 'list' | 'watch';

interface LoggedFailure {
  readonly code: ErrorCode;
  readonly during: Phase;
}

/** What went on for so long has worked: pauses start over. */
const steadyMs = 30_000;
const maxPauseMs = 30_000;
/** Permissions come from people. */
const maxForbiddenPauseMs = 60_000;
/** After so many failures in a row it is not a bad moment any more. */
const patience = 5;

/** How list and watch of one scope are doing: when the API server was heard of, what is wrong, how long to pause after it. */
export class WatchHealth {
  readonly #scope: Scope;
  readonly #deps: WatchHealthDeps;
  readonly #backoff: Backoff;
  readonly #settled = Promise.withResolvers<void>();
  #isListed = false;
  #heardMs: number;
  #problem: SecretError | undefined;
  /** The failure that was logged and is not over. */
  #logged: LoggedFailure | undefined;

  constructor(scope: Scope, deps: WatchHealthDeps) {
    this.#scope = scope;
    this.#deps = deps;
    this.#backoff = new Backoff(deps.random);
    this.#heardMs = deps.clock.monotonic();
    this.#problem = new SecretError('KUBE_UNAVAILABLE', `${toScopeText(scope)} are not listed yet; wait a moment`);
  }

  /** Why the objects are not known: never listed, or forbidden for a while. */
  get problem(): SecretError | undefined {
    return this.#problem;
  }

  /** Whether they were listed once. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Whether it failed so often in a row that trying the same again does not help. */
  get isLasting(): boolean {
    return this.#backoff.failures >= patience;
  }

  /** When the API server was last heard of, by clock.monotonic(). */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** Resolves when the first list has ended, well or badly. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** A page, an event, a bookmark, an end. */
  heard(): void {
    this.#heardMs = this.#deps.clock.monotonic();
    this.#deps.onHeard();
  }

  /** A list has ended well. */
  listed(): void {
    this.#isListed = true;
    this.#problem = undefined;
    this.#settled.resolve();
    // It says nothing about a watch that fails each time.
    if (this.#logged?.during === 'list') this.works();
  }

  /** An event has come. */
  works(): void {
    if (this.#logged === undefined) return;
    this.#logged = undefined;
    this.#deps.logger.info(this.#fields(), 'watch works again');
  }

  /** A watch went on for so long, however it ended. */
  lasted(ms: number): void {
    if (ms >= steadyMs) this.#backoff.reset();
  }

  /** A watch ended too soon. The pause before the next one. */
  endedEarly(): number {
    return this.#backoff.nextMs(maxPauseMs);
  }

  /** The pause before the next try. */
  failed(failure: SecretError, during: Phase): number {
    const isForbidden = failure.code === 'KUBE_FORBIDDEN';
    const pauseMs = this.#backoff.nextMs(isForbidden ? maxForbiddenPauseMs : maxPauseMs);
    const isShutOut = isForbidden && during === 'list' && this.isLasting;
    if (!this.#isListed || isShutOut) this.#problem = failure;
    this.#settled.resolve();
    // A refusal is an answer: the API server is there, and beginning everything anew would not change its mind.
    if (!catalogue[failure.code].retry) this.heard();
    this.#log(failure, during, pauseMs);
    return pauseMs;
  }

  /** One line for a row of equal failures. */
  #log(failure: SecretError, during: Phase, retryMs: number): void {
    const { code } = failure;
    if (code === 'KUBE_GONE' || (code === this.#logged?.code && during === this.#logged.during)) return;
    this.#logged = { code, during };
    const fields = { ...this.#fields(), code, retryMs: Math.round(retryMs), err: failure };
    if (code === 'INTERNAL') this.#deps.logger.error(fields, `${during} failed`);
    else this.#deps.logger.warn(fields, `${during} failed`);
  }

  #fields(): { readonly resource: string; readonly namespace: string | null } {
    return { resource: this.#scope.resource.plural, namespace: this.#scope.namespace ?? null };
  }
}
