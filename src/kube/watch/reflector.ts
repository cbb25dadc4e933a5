import { SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Component } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { untilAborted } from '../../platform/until-aborted.ts';
import type { ApiReader } from '../client/api-client.ts';
import { type Change, ObjectStore } from './object-store.ts';
import type { KubeObject, ObjectKey, Resource } from '../objects.ts';
import { WatchHealth } from './watch-health.ts';
import { WatchLoop } from './watch-loop.ts';

export type { Change };

/** What of one kind of object is watched. */
export interface Watched<T> {
  readonly resource: Resource;
  /** Undefined: all namespaces with one watch; otherwise one watch for each. */
  readonly namespaces?: readonly string[] | undefined;
  readonly labelSelector?: string | undefined;
  readonly metadataOnly?: boolean;
  /**
   * What is kept of an object in memory: leave out managedFields and whatever else nobody reads. Undefined: nothing, as if
   * it did not exist. Must not throw; when it does, what was kept of the object stays.
   */
  readonly keep: (object: KubeObject) => T | undefined;
}

/** Objects of one kind as the API server has them, by list and watch; and who is told when one changes. */
export interface Reflector<T> extends Component {
  get(key: ObjectKey): T | undefined;
  /** Those of a namespace, or all. */
  entries(namespace?: string): Iterable<readonly [ObjectKey, T]>;
  readonly size: number;
  /** Resolves when the first list of every namespace has ended, well or badly; rejects with the signal's reason, or when stopped. */
  settled(signal: AbortSignal): Promise<void>;
  /**
   * Why objects of this namespace are not known: never listed, or listing has become forbidden and stays so. The KUBE_…
   * error of the last try; CONFIG_INVALID for a namespace that is not watched. Undefined: they are.
   */
  problem(namespace: string): SecretError | undefined;
  /**
   * Milliseconds since the API server was last heard of on the quietest watch: list, event, bookmark, end, or a refusal
   * (403 and the like), which no new beginning would mend. Up to 3 minutes are nothing special.
   */
  silenceMs(): number;
  /** Told in order, after the store has changed. A listener that throws is logged, and nothing else. */
  onChange(listener: (change: Change<T>) => void): void;
}

export interface ReflectorDeps {
  readonly client: Pick<ApiReader, 'list' | 'watch'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'watchSilence' | 'relists'>;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * A reflector that has not begun. `start` returns at once: wait for `settled`. Nothing but `stop` ends it, and that ends
 * everything at once. In memory is what `keep` keeps, and one page while it lists.
 */
export function createReflector<T>(watched: Watched<T>, deps: ReflectorDeps): Reflector<T> {
  return new ListWatchReflector(watched, deps);
}

const reportEveryMs = 10_000;

class ListWatchReflector<T> implements Reflector<T> {
  readonly name: string;
  readonly #plural: string;
  readonly #deps: ReflectorDeps;
  readonly #store: ObjectStore<T>;
  readonly #parts: ReadonlyMap<string | undefined, Part>;
  readonly #end = new AbortController();
  #runs: readonly Promise<void>[] = [];
  #timer: Disposable | undefined;

  constructor(watched: Watched<T>, deps: ReflectorDeps) {
    this.#plural = watched.resource.plural;
    this.name = `watch of ${this.#plural}`;
    this.#deps = deps;
    this.#store = new ObjectStore({ keep: watched.keep, logger: deps.logger, plural: this.#plural });
    this.#parts = createParts(watched, { ...deps, store: this.#store, onHeard: () => this.#report() });
  }

  get size(): number {
    return this.#store.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#store.get(key);
  }

  entries(namespace?: string): Iterable<readonly [ObjectKey, T]> {
    return this.#store.entries(namespace);
  }

  onChange(listener: (change: Change<T>) => void): void {
    this.#store.onChange(listener);
  }

  start(): Promise<void> {
    for (const { health } of this.#parts.values()) health.heard();
    this.#runs = [...this.#parts.values()].map(({ loop }) => loop.run(this.#end.signal));
    this.#reportEverySoOften();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#end.abort(new SecretError('SHUTTING_DOWN', `the ${this.name} was stopped`));
    await Promise.all(this.#runs);
  }

  async settled(signal: AbortSignal): Promise<void> {
    const settled = Promise.all([...this.#parts.values()].map(({ health }) => health.settled));
    await untilAborted(settled, AbortSignal.any([signal, this.#end.signal]));
  }

  problem(namespace: string): SecretError | undefined {
    const part = this.#parts.get(namespace) ?? this.#parts.get(undefined);
    return part === undefined ? createUnwatchedError(this.#plural, namespace) : part.health.problem;
  }

  silenceMs(): number {
    const now = this.#deps.clock.monotonic();
    let mostMs = 0;
    for (const { health } of this.#parts.values()) mostMs = Math.max(mostMs, now - health.heardMs);
    return mostMs;
  }

  #reportEverySoOften(): void {
    this.#report();
    this.#timer = this.#deps.clock.timer(reportEveryMs, () => this.#reportEverySoOften());
  }

  #report(): void {
    this.#deps.metrics.watchSilence.set({ resource: this.#plural }, this.silenceMs() / 1000);
  }
}

/** One list and watch. */
interface Part {
  readonly health: WatchHealth;
  readonly loop: { run(signal: AbortSignal): Promise<void> };
}

type PartDeps<T> = ReflectorDeps & { readonly store: ObjectStore<T>; readonly onHeard: () => void };

/** By namespace; undefined is all of them. */
function createParts<T>(watched: Watched<T>, deps: PartDeps<T>): ReadonlyMap<string | undefined, Part> {
  const { resource, labelSelector, metadataOnly = false, namespaces = [undefined] } = watched;
  return new Map(
    namespaces.map((namespace) => {
      const scope = { resource, namespace, labelSelector, metadataOnly };
      const health = new WatchHealth(scope, deps);
      return [namespace, { health, loop: new WatchLoop(scope, { ...deps, health }) }];
    }),
  );
}

function createUnwatchedError(plural: string, namespace: string): SecretError {
  return new SecretError(
    'CONFIG_INVALID',
    `${plural} in namespace ${namespace} are not watched; add the namespace to --namespaces`,
  );
}
