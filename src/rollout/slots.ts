/** Places for workloads that roll out at a time in the whole cluster. */
export class RolloutSlots {
  readonly #max: number;
  readonly #taken = new Map<string, number>();
  /** Namespaces with workloads that found no place. */
  readonly #waiting = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  /** What the other namespaces leave. */
  freeFor(namespace: string): number {
    let taken = 0;
    for (const [name, count] of this.#taken) if (name !== namespace) taken += count;
    return Math.max(0, this.#max - taken);
  }

  /** Answers the namespaces that waited for a place and may try again: some became free. */
  take(namespace: string, count: number, isWaiting: boolean): readonly string[] {
    const before = this.#taken.get(namespace) ?? 0;
    if (count === 0) this.#taken.delete(namespace);
    else this.#taken.set(namespace, count);
    if (isWaiting) this.#waiting.add(namespace);
    else this.#waiting.delete(namespace);
    if (count >= before) return [];
    const others = [...this.#waiting].filter((each) => each !== namespace);
    for (const each of others) this.#waiting.delete(each);
    return others;
  }

  /** Others roll out from now on. */
  clear(): void {
    this.#taken.clear();
    this.#waiting.clear();
  }
}
