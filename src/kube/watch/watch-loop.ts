import { type ErrorCode, SecretError, toSecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { createDeadline } from '../../platform/deadline.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { ApiReader, WatchEvent } from '../client/api-client.ts';
import { followWatch } from './follow-watch.ts';
import type { KubeObject } from '../objects.ts';
import type { ObjectStore } from './object-store.ts';
import { listPages } from './paged-list.ts';
import { isOlder } from './resource-version.ts';
import { type Scope, toScopeText } from './scope.ts';
import type { WatchHealth } from './watch-health.ts';

export interface WatchLoopDeps<T> {
  readonly client: Pick<ApiReader, 'list' | 'watch'>;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'relists'>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly health: WatchHealth;
  /** Where the objects go. Loops of other namespaces share it. */
  readonly store: ObjectStore<T>;
}

/** The API server ends a watch after so long: not all of them at the same time. */
const watchSeconds = { from: 300, to: 600 };
/**
 * The API server sends a bookmark every minute, but leaves one out while nothing at all has changed since it started (two
 * minutes were seen). Three without a word are a connection that is dead, well before the end of the watch.
 */
const idleLimitMs = 180_000;
/**
 * After so many watches that said nothing until they were given up the version is doubted: when the API server's data
 * was restored from a backup, ours lies in its future, and a watch from there stays silent.
 */
const maxSilentWatches = 2;
/** Everything is listed again after so long, whatever the watch says. */
const resyncMs = { from: 15 * 60_000, to: 30 * 60_000 };
/** A watch that ends sooner is not begun again at once. */
const briefMs = 1_000;
/** Nobody answered: no reason to doubt the version. */
const unreachable: ReadonlySet<ErrorCode> = new Set(['KUBE_UNREACHABLE', 'KUBE_TIMEOUT']);

type Step =
  | { readonly kind: 'list'; readonly reason: 'start' | 'gone' | 'failed' | 'resync' }
  | { readonly kind: 'watch'; readonly version: string };

/** One watch. */
interface Session {
  readonly round: number;
  readonly startedMs: number;
  /** The last version that it brought. */
  version: string | undefined;
}

/**
 * Lists one scope, watches it from there and begins again: with a watch from the last version after an end or a failure;
 * with a list after 410, every so often, and when watching does not help. Its signal alone ends it; pauses bound it.
 */
export class WatchLoop<T> {
  readonly #scope: Scope;
  readonly #deps: WatchLoopDeps<T>;
  #step: Step = { kind: 'list', reason: 'start' };
  #listDueMs = 0;
  #silentWatches = 0;

  constructor(scope: Scope, deps: WatchLoopDeps<T>) {
    this.#scope = scope;
    this.#deps = deps;
  }

  /** Resolves when the signal aborts, at once, and never otherwise. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#next(signal);
      } catch (error) {
        await this.#recover(error, signal);
      }
    }
  }

  async #next(signal: AbortSignal): Promise<void> {
    if (this.#step.kind === 'watch' && this.#deps.clock.monotonic() >= this.#listDueMs) this.#listFor('resync');
    if (this.#step.kind === 'watch') await this.#watch(this.#step.version, signal);
    else await this.#list(this.#step.reason, signal);
  }

  async #list(reason: string, signal: AbortSignal): Promise<void> {
    const { client, clock, health, metrics, store, random } = this.#deps;
    metrics.relists.inc({ resource: this.#scope.resource.plural, reason });
    const arrival = { round: store.begin(), isInitial: !health.isListed };
    const onPage = (items: readonly KubeObject[]): void => {
      health.heard();
      for (const item of items) store.put(item, arrival);
    };
    const version = await listPages(client, this.#scope, { signal, onPage });
    store.sweep(this.#scope.namespace, arrival.round);
    health.listed();
    this.#listDueMs = clock.monotonic() + between(resyncMs, random());
    this.#silentWatches = 0;
    this.#step = { kind: 'watch', version };
  }

  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const { client, clock, health, store, random } = this.#deps;
    const session: Session = { round: store.begin(), startedMs: clock.monotonic(), version: undefined };
    const untilResyncMs = this.#listDueMs - session.startedMs;
    using resync = createDeadline({ clock, atMs: clock.now() + untilResyncMs, parents: [signal] });
    const { resource, ...where } = this.#scope;
    const timeoutSeconds = Math.floor(between(watchSeconds, random()));
    const options = { ...where, resourceVersion: version, timeoutSeconds, idleLimitMs, signal: resync.signal };
    try {
      const onEvent = (event: WatchEvent): void => this.#take(event, session);
      await followWatch(client.watch(resource, options), { signal: resync.signal, onEvent });
    } catch (error) {
      if (!resync.signal.aborted) throw error;
      this.#listFor('resync');
      return;
    } finally {
      this.#close(session);
    }
    health.heard();
    if (clock.monotonic() - session.startedMs < briefMs) await clock.sleep(health.endedEarly(), signal);
  }

  #take(event: WatchEvent, session: Session): void {
    const { health, store } = this.#deps;
    health.heard();
    switch (event.type) {
      case 'ERROR':
        throw this.#toError(event);
      case 'ADDED':
      case 'MODIFIED':
        store.put(event.object, { round: session.round, isInitial: false });
        break;
      case 'DELETED':
        store.remove(event.object);
        break;
      case 'BOOKMARK':
        break;
      default:
        // Of a later version of the protocol.
        return;
    }
    health.works();
    this.#advance(event.object, session);
  }

  /** Within one watch versions only rise. A first one that is lower is believed: the data may have been restored. */
  #advance(object: KubeObject, session: Session): void {
    const version: unknown = object?.metadata?.resourceVersion;
    if (typeof version !== 'string' || version === '') return;
    if (session.version !== undefined && isOlder(version, session.version)) return;
    session.version = version;
    this.#silentWatches = 0;
    this.#step = { kind: 'watch', version };
  }

  #close(session: Session): void {
    const lastedMs = this.#deps.clock.monotonic() - session.startedMs;
    this.#deps.health.lasted(lastedMs);
    if (session.version === undefined && lastedMs >= idleLimitMs) this.#silentWatches++;
    if (this.#silentWatches >= maxSilentWatches) this.#listFor('failed');
  }

  /** A pause; nothing that goes wrong here may end the loop. */
  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    let pauseMs = fallbackPauseMs;
    try {
      const failure = toSecretError(error);
      pauseMs = this.#deps.health.failed(failure, this.#step.kind);
      if (failure.code === 'KUBE_GONE') this.#listFor('gone');
      else if (this.#step.kind === 'watch' && this.#isHopeless(failure)) this.#listFor('failed');
    } catch {
      // The log cannot be written, say. The pause remains.
    }
    await this.#deps.clock.sleep(pauseMs, signal).catch(() => undefined);
  }

  /** Whether watching from this version will not succeed, or what is known may be wrong. */
  #isHopeless(failure: SecretError): boolean {
    if (failure.code === 'INTERNAL') return true;
    return this.#deps.health.isLasting && !unreachable.has(failure.code);
  }

  #listFor(reason: 'gone' | 'failed' | 'resync'): void {
    this.#step = { kind: 'list', reason };
  }

  #toError({ code, message }: Extract<WatchEvent, { readonly type: 'ERROR' }>): SecretError {
    const text = `the watch of ${toScopeText(this.#scope)} was ended by the API server with ${code}: ${message}`;
    return code === 410
      ? new SecretError('KUBE_GONE', `${text}; everything is listed again`)
      : new SecretError('KUBE_UNAVAILABLE', `${text}; it is begun again`);
  }
}

const fallbackPauseMs = 30_000;

function between({ from, to }: { readonly from: number; readonly to: number }, random: number): number {
  return from + (to - from) * random;
}
