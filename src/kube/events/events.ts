import { catalogue, SecretError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Component } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { ApiClient } from '../client/api-client.ts';
import { EventQueue } from './event-queue.ts';
import { type EventDetails, EventSeries, type EventSource, type ObjectReference, seriesKey } from './event-series.ts';
import { keyOf, resources } from '../objects.ts';

export interface EventRecorderDeps extends EventSource {
  /** The fenced one: while this replica does not lead, nothing is recorded. */
  readonly client: Pick<ApiClient, 'create' | 'patch'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface EventRecorder extends Component {
  /** Notes that something happened; it is written soon, or not at all. Never throws. */
  record(about: ObjectReference, details: EventDetails): void;
}

/**
 * Writes Events of events.k8s.io, in the background and one after the other. The same thing within ten minutes raises the
 * count of one Event. In a storm normal ones are dropped, and counted in the log. Nothing depends on an Event: one that
 * cannot be written is tried once more and then forgotten.
 */
export function createEventRecorder(deps: EventRecorderDeps): EventRecorder {
  return new Recorder(deps);
}

/** So long after the last time the same thing belongs into the same series. */
const seriesMs = 600_000;
const maxSeries = 1024;
/** Before the second try. */
const pauseMs = 1_000;
/** What was dropped in this time is one line of the log. */
const dropReportMs = 60_000;

class Recorder implements EventRecorder {
  readonly name = 'event recorder';
  readonly #deps: EventRecorderDeps;
  readonly #queue: EventQueue;
  /** The longest untouched first. */
  readonly #series = new Map<string, { readonly series: EventSeries; readonly atMs: number }>();
  readonly #end = new AbortController();
  #loop = Promise.resolve();
  #wake = (): void => {};
  #isStopping = false;
  #isFailing = false;
  #dropped = 0;
  #dropReport: Disposable | undefined;

  constructor(deps: EventRecorderDeps) {
    this.#deps = deps;
    this.#queue = new EventQueue(deps.clock);
  }

  record(about: ObjectReference, details: EventDetails): void {
    if (this.#isStopping) return;
    const series = this.#find(about, details);
    if (series.isQueued) return;
    series.isQueued = true;
    const dropped = this.#queue.add(series);
    if (dropped) this.#drop(dropped);
    this.#wake();
  }

  start(): Promise<void> {
    this.#loop = this.#run();
    return Promise.resolve();
  }

  /** Writes what waits, as fast as it goes. */
  async stop(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#end.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    this.#isStopping = true;
    this.#wake();
    await this.#loop;
    signal.removeEventListener('abort', onAbort);
    this.#dropped += this.#queue.size;
    this.#reportDropped();
  }

  /** The series that goes on, or a new one. */
  #find(about: ObjectReference, details: EventDetails): EventSeries {
    const { clock } = this.#deps;
    const key = seriesKey(about, details);
    const known = this.#series.get(key);
    const isOn = known !== undefined && clock.monotonic() - known.atMs < seriesMs;
    const series = isOn ? known.series : new EventSeries(about, details, { ...this.#deps, nowMs: clock.now() });
    if (isOn) series.repeat(clock.now());
    this.#series.delete(key);
    this.#series.set(key, { series, atMs: clock.monotonic() });
    this.#evict();
    return series;
  }

  #evict(): void {
    const [oldest] = this.#series.keys();
    if (this.#series.size > maxSeries && oldest !== undefined) this.#series.delete(oldest);
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const series = this.#queue.next(this.#isStopping);
      if (series) await this.#deliver(series);
      else if (this.#isStopping) return;
      else await this.#rest();
    }
  }

  /** Until something is recorded, or may be written. */
  async #rest(): Promise<void> {
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    const { waitMs } = this.#queue;
    using _timer = waitMs === undefined ? undefined : this.#deps.clock.timer(waitMs, woken.resolve);
    await woken.promise;
  }

  async #deliver(series: EventSeries): Promise<void> {
    const { clock, logger } = this.#deps;
    const { signal } = this.#end;
    series.isQueued = false;
    try {
      await this.#write(series).catch(async (error: unknown) => {
        if (!isWorthAnother(error)) throw error;
        await clock.sleep(pauseMs, signal);
        await this.#write(series);
      });
      this.#isFailing = false;
    } catch (error) {
      if (!series.isWritten) this.#forget(series);
      if (signal.aborted || hasCode(error, 'NOT_LEADER')) return;
      logger[this.#isFailing ? 'debug' : 'warn']({ err: error, event: keyOf(series.name) }, 'event not written');
      this.#isFailing = true;
    }
  }

  async #write(series: EventSeries): Promise<void> {
    if (series.isWritten && (await this.#raise(series))) return;
    await this.#create(series);
    series.isWritten = true;
  }

  /** False: the Event has expired, as they do. */
  async #raise(series: EventSeries): Promise<boolean> {
    const { signal } = this.#end;
    try {
      await this.#deps.client.patch(resources.events, series.name, series.toPatch(), { signal });
      return true;
    } catch (error) {
      if (hasCode(error, 'KUBE_NOT_FOUND')) return false;
      throw error;
    }
  }

  async #create(series: EventSeries): Promise<void> {
    const { signal } = this.#end;
    try {
      await this.#deps.client.create(resources.events, series.toObject(), { signal });
    } catch (error) {
      // Nobody else takes the name: an earlier try went through unheard.
      if (!hasCode(error, 'KUBE_CONFLICT')) throw error;
    }
  }

  #drop(series: EventSeries): void {
    series.isQueued = false;
    if (!series.isWritten) this.#forget(series);
    this.#dropped++;
    this.#dropReport ??= this.#deps.clock.timer(dropReportMs, () => this.#reportDropped());
  }

  #reportDropped(): void {
    this.#dropReport?.[Symbol.dispose]();
    this.#dropReport = undefined;
    if (this.#dropped > 0) this.#deps.logger.warn({ dropped: this.#dropped }, 'events dropped');
    this.#dropped = 0;
  }

  #forget(series: EventSeries): void {
    if (this.#series.get(series.key)?.series === series) this.#series.delete(series.key);
  }
}

/** What may be over in a moment. */
function isWorthAnother(error: unknown): boolean {
  return error instanceof SecretError && error.code !== 'NOT_LEADER' && catalogue[error.code].retry;
}

function hasCode(error: unknown, code: SecretError['code']): boolean {
  return error instanceof SecretError && error.code === code;
}
