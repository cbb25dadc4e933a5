import { LRUCache } from 'lru-cache';

import type { SecretError } from '../core/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Metrics } from '../platform/metrics.ts';
import { Content, type StoreAnswer } from './content.ts';
import { type Backoff, nextBackoff } from './freshness.ts';

/** One kept value. */
export interface Entry {
  readonly content: Content;
  /** When the request that brought it was sent. */
  readonly askedAtMs: number;
  /** Set while the store is out. */
  readonly backoff?: Backoff | undefined;
}

interface Kept extends Entry {
  readonly keepUntilMs: number;
  /** Of the content when it was last weighed. */
  readonly sizeBytes: number;
}

export interface NewValue extends StoreAnswer {
  readonly askedAtMs: number;
  readonly keepMs: number;
}

export interface CacheDeps {
  readonly clock: Pick<Clock, 'now' | 'timer'>;
  readonly metrics: Pick<Metrics, 'cacheBytes'>;
  readonly maxBytes: number;
}

const sweepIntervalMs = 60_000;

/**
 * Values by question and identity (question.ts), owned by one resolver. Bounded by bytes, the least recently used going
 * first; a value that nobody asks for is forgotten after the longest time for which it could still be delivered.
 */
export class ValueCache {
  readonly #clock: CacheDeps['clock'];
  readonly #metrics: CacheDeps['metrics'];
  readonly #values: LRUCache<string, Kept>;
  #isSweepDue = false;

  constructor({ clock, metrics, maxBytes }: CacheDeps) {
    this.#clock = clock;
    this.#metrics = metrics;
    this.#values = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (kept, key) => kept.sizeBytes + 2 * key.length,
    });
  }

  /** Looks without counting it as use. */
  peek(key: string): Entry | undefined {
    return this.#values.peek(key);
  }

  get(key: string): Entry | undefined {
    return this.#values.get(key);
  }

  /** Keeps an answer. When it says the same as the kept one, that one stays, with everything made of it. */
  put(key: string, { askedAtMs, keepMs, ...answer }: NewValue): Content {
    const content = this.same(key, answer.fingerprint) ?? new Content(answer);
    const keepUntilMs = this.#clock.now() + keepMs;
    this.#set(key, { content, askedAtMs, keepUntilMs, sizeBytes: content.sizeBytes });
    return content;
  }

  /** The kept content if it has this fingerprint. */
  same(key: string, fingerprint: string): Content | undefined {
    const content = this.#values.peek(key)?.content;
    return content?.fingerprint === fingerprint ? content : undefined;
  }

  /** After a delivery: weighs what was made of the content, and keeps it for the one who uses it. */
  used(key: string, content: Content, keepMs: number): void {
    const kept = this.#values.peek(key);
    if (kept?.content !== content) return;
    const keepUntilMs = Math.max(kept.keepUntilMs, this.#clock.now() + keepMs);
    const { sizeBytes } = content;
    if (sizeBytes !== kept.sizeBytes || keepUntilMs - kept.keepUntilMs >= sweepIntervalMs) {
      this.#set(key, { ...kept, keepUntilMs, sizeBytes });
    }
  }

  /** The store is out: what is kept answers at once for a while. */
  backOff(key: string, error: SecretError): void {
    const kept = this.#values.peek(key);
    if (kept) this.#set(key, { ...kept, backoff: nextBackoff(kept.backoff, error, this.#clock.now()) });
  }

  delete(key: string): void {
    this.#values.delete(key);
    this.#weigh();
  }

  clear(): void {
    this.#values.clear();
    this.#weigh();
  }

  #set(key: string, kept: Kept): void {
    this.#values.set(key, kept);
    this.#weigh();
  }

  /** The timer runs while there is something to forget. */
  #weigh(): void {
    this.#metrics.cacheBytes.set(this.#values.calculatedSize);
    if (this.#values.size === 0 || this.#isSweepDue) return;
    this.#isSweepDue = true;
    this.#clock.timer(sweepIntervalMs, () => this.#sweep());
  }

  #sweep(): void {
    this.#isSweepDue = false;
    const now = this.#clock.now();
    // Collected first: deleting while it iterates confuses the list.
    const expired = [...this.#values.entries()].filter(([, { keepUntilMs }]) => now >= keepUntilMs);
    for (const [key] of expired) this.#values.delete(key);
    this.#weigh();
  }
}
