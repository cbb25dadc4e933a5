import { catalogue, type SecretError } from '../core/errors.ts';
import type { Clock } from '../platform/clock.ts';

interface Refusal {
  readonly error: SecretError;
  readonly times: number;
  readonly untilMs: number;
}

const firstMs = 30_000;
const longestMs = 10 * 60_000;

/**
 * Patches that the API server refused and would refuse again, such as by a missing right or an admission webhook. The workload is
 * left alone for a while, so that it does not keep the others from their turn. One namespace at a time is asked about.
 */
export class Refusals {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #refusals = new Map<string, Map<string, Refusal>>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Answers whether it was one; otherwise the patch may go through at the next try. */
  add(namespace: string, workload: string, error: SecretError): boolean {
    if (catalogue[error.code].retry) return false;
    const known = this.#refusals.getOrInsertComputed(namespace, () => new Map());
    const nowMs = this.#clock.monotonic();
    // Of a workload that is gone nobody asks again.
    for (const [each, { untilMs }] of known) if (nowMs - untilMs > longestMs) known.delete(each);
    const times = (known.get(workload)?.times ?? 0) + 1;
    const waitMs = Math.min(longestMs, firstMs * 2 ** (times - 1));
    known.set(workload, { error, times, untilMs: nowMs + waitMs });
    return true;
  }

  /** A patch went through, or the workload is gone. */
  remove(namespace: string, workload: string): void {
    const known = this.#refusals.get(namespace);
    known?.delete(workload);
    if (known?.size === 0) this.#refusals.delete(namespace);
  }

  /** Workloads of a namespace that are left alone now, and why. */
  standing(namespace: string): ReadonlyMap<string, SecretError> {
    const nowMs = this.#clock.monotonic();
    const standing = [...(this.#refusals.get(namespace) ?? [])].filter(([, { untilMs }]) => untilMs > nowMs);
    return new Map(standing.map(([workload, { error }]) => [workload, error]));
  }

  /** Milliseconds until the next one may be tried again; undefined: there is none. */
  delayMs(namespace: string): number | undefined {
    const nowMs = this.#clock.monotonic();
    const delays = [...(this.#refusals.get(namespace)?.values() ?? [])].map(({ untilMs }) => untilMs - nowMs);
    const left = delays.filter((delay) => delay > 0);
    return left.length === 0 ? undefined : Math.min(...left);
  }

  /** Others roll out from now on. */
  clear(): void {
    this.#refusals.clear();
  }
}
