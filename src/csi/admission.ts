import { SecretError } from '../core/errors.ts';

export interface AdmissionDeps {
  /** Mounts worked on at once. */
  readonly maxInFlight: number;
  /** Mounts that wait for a place. */
  readonly maxWaiting: number;
  readonly inFlight: Level;
  readonly waiting: Level;
}

/** A gauge. */
export interface Level {
  set(value: number): void;
}

interface Waiter {
  readonly grant: () => void;
}

/**
 * Bounds how many mounts are worked on. Places that get free go round the pods that wait, one to each in turn, so that
 * a pod with many volumes cannot hold up the others; within a pod the first comes first.
 */
export class Admission {
  readonly #deps: AdmissionDeps;
  /** In the order of their turn. No queue is empty. */
  readonly #queues = new Map<string, Waiter[]>();
  #inFlight = 0;
  #waiting = 0;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves to a place, to be disposed when the work is over. Rejects with MOUNT_BUSY when too many wait, and with the
   * signal's reason when it aborts first.
   */
  async enter(pod: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#inFlight < this.#deps.maxInFlight) this.#count(+1, 0);
    else await this.#wait(pod, signal);
    return this.#place();
  }

  async #wait(pod: string, signal: AbortSignal): Promise<void> {
    const { maxInFlight, maxWaiting } = this.#deps;
    if (this.#waiting >= maxWaiting) {
      const load = `${maxInFlight} mounts are in flight and ${maxWaiting} wait`;
      throw new SecretError('MOUNT_BUSY', `lockstep is busy on this node: ${load}; the mount will be tried again`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { grant: resolve };
    const onAbort = (): void => {
      this.#leave(pod, waiter);
      reject(signal.reason as Error);
    };
    this.#queues.set(pod, [...(this.#queues.get(pod) ?? []), waiter]);
    this.#count(0, +1);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #place(): Disposable {
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#release();
        held = false;
      },
    };
  }

  /** Hands the place to the next in turn, or frees it. */
  #release(): void {
    for (const [pod, [next, ...rest]] of this.#queues) {
      this.#queues.delete(pod);
      if (rest.length > 0) this.#queues.set(pod, rest);
      this.#count(0, -1);
      next?.grant();
      return;
    }
    this.#count(-1, 0);
  }

  /** Does nothing when the waiter was granted a place in the meantime. */
  #leave(pod: string, waiter: Waiter): void {
    const queue = this.#queues.get(pod) ?? [];
    const rest = queue.filter((other) => other !== waiter);
    if (rest.length === queue.length) return;
    if (rest.length > 0) this.#queues.set(pod, rest);
    else this.#queues.delete(pod);
    this.#count(0, -1);
  }

  #count(inFlight: number, waiting: number): void {
    this.#deps.inFlight.set((this.#inFlight += inFlight));
    this.#deps.waiting.set((this.#waiting += waiting));
  }
}
