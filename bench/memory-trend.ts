const everyMs = 60_000;

/** What a process uses, once a minute until disposed, and whether it grows. */
export class MemoryTrend {
  readonly #samples: number[] = [];
  readonly #timer: NodeJS.Timeout;

  /** `read`: MiB at the moment. The first sample is taken at once. */
  constructor(read: () => number) {
    const take = (): void => void this.#samples.push(read());
    take();
    this.#timer = setInterval(take, everyMs);
  }

  get samples(): readonly number[] {
    return this.#samples;
  }

  /** Mean of the first third. */
  get first(): number {
    return mean(this.#samples.slice(0, this.#third));
  }

  /** Mean of the last third. */
  get last(): number {
    return mean(this.#samples.slice(-this.#third));
  }

  /** By which part of the first third the last is above it. */
  get growth(): number {
    return this.last / this.first - 1;
  }

  get #third(): number {
    return Math.max(1, Math.floor(this.#samples.length / 3));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
