import type { Clock } from './clock.ts';
import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';

export interface LearnedValueDeps {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly logger: Logger;
  /** What is learned, for the log. */
  readonly name: string;
  /** Undefined: there is none, and nobody needs to ask again. */
  readonly learn: (signal: AbortSignal) => Promise<string | undefined>;
}

/** A pause after each failure. */
const pauseMs = 10_000;
/** How long the start waits for the value, so that the first mounts mostly find it. */
const patienceMs = 5_000;

/** Something that is asked of another server once, in the background until it answers: the start does not depend on it. */
export class LearnedValue implements Component {
  readonly name: string;
  readonly #deps: LearnedValueDeps;
  readonly #end = new AbortController();
  #value: string | undefined;

  constructor(deps: LearnedValueDeps) {
    this.name = deps.name;
    this.#deps = deps;
  }

  /** Undefined: not known yet, or there is none. */
  get value(): string | undefined {
    return this.#value;
  }

  async start(signal: AbortSignal): Promise<void> {
    const learned = this.#learn();
    const patience = this.#deps.clock.sleep(patienceMs, AbortSignal.any([signal, this.#end.signal])).catch(() => {});
    await Promise.race([learned, patience]);
  }

  stop(): Promise<void> {
    this.#end.abort();
    return Promise.resolve();
  }

  async #learn(): Promise<void> {
    const { clock, logger, learn, name } = this.#deps;
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        this.#value = await learn(signal);
        logger.info({ value: this.#value ?? null }, `${name} learned`);
        return;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error, retryMs: pauseMs }, `${name} not learned yet`);
        await clock.sleep(pauseMs, signal).catch(() => {});
      }
    }
  }
}
