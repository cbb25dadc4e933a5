import type { Component } from '../../platform/lifecycle.ts';
import type { Reflector } from './reflector.ts';

/** A watch notices a dead connection within minutes, and tries again for ever: after this it is stuck. */
const silenceLimitMs = 30 * 60_000;

/** Reflectors that begin and end together. */
export class ReflectorGroup implements Component {
  readonly name: string;
  readonly #all: readonly Reflector<unknown>[];
  readonly #end = new AbortController();
  #isSettled = false;

  constructor(name: string, all: readonly Reflector<unknown>[]) {
    this.name = name;
    this.#all = all;
  }

  /** Resolves when everything was listed once, well or badly. */
  async settled(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map((reflector) => reflector.settled(signal)));
    this.#isSettled = true;
  }

  /** What has not been listed yet; undefined: everything has. */
  unsettled(): string | undefined {
    return this.#isSettled ? undefined : 'the API server has not been listed yet';
  }

  /** What has not been heard of for longer than any outage that would pass by itself; undefined: nothing. */
  silent(): string | undefined {
    const silent = this.#all.find((reflector) => reflector.silenceMs() > silenceLimitMs);
    return silent && `${silent.name}: nothing was heard of the API server for half an hour`;
  }

  async start(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map((reflector) => reflector.start(signal)));
    // Also where nobody else waits for it: a replica that stands by is ready when it knows everything.
    void this.settled(this.#end.signal).catch(() => undefined);
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#all.map((reflector) => reflector.stop(signal)));
  }
}
