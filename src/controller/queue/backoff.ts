import type { ObjectKey } from '../../kube/objects.ts';
import { type Pauses, toPauseMs } from '../../platform/pauses.ts';

const pauses: Pauses = { firstMs: 1000, maxMs: 5 * 60_000 };

/**
 * How often each object failed in a row, and how long it pauses therefore. Knows only objects that failed: whoever asks for
 * a pause sees to it that the object is tried again, and forgets it when that went well or the object is gone.
 */
export class Backoffs {
  readonly #random: () => number;
  readonly #failures = new Map<ObjectKey, number>();

  /** `random` in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Counts a failure. Milliseconds until the next try: 1 s, doubled up to 5 min, jittered. */
  failed(key: ObjectKey): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    return toPauseMs(failures, pauses, this.#random());
  }

  /** It succeeded, or it is gone. */
  forget(key: ObjectKey): void {
    this.#failures.delete(key);
  }
}
