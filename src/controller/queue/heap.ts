/** A binary heap: the first of many at once, any other one removed in logarithmic time. An item is in it once. */
export class Heap<T extends object> {
  readonly #isBefore: (a: T, b: T) => boolean;
  /** No item is before the one at half its index. */
  readonly #items: T[] = [];
  readonly #indexes = new Map<T, number>();

  /** A strict order, which must not change for what is in the heap. */
  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  has(item: T): boolean {
    return this.#indexes.has(item);
  }

  add(item: T): void {
    this.#rise(item, this.#items.length);
  }

  /** Whether it was there. */
  delete(item: T): boolean {
    const index = this.#indexes.get(item);
    if (index === undefined) return false;
    this.#indexes.delete(item);
    const last = this.#items.pop();
    if (last === undefined || last === item) return true;
    // The last one takes the place; it may belong above it as well as below.
    this.#sink(last, this.#rise(last, index));
    return true;
  }

  #rise(item: T, from: number): number {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#items[parentIndex];
      if (parent === undefined || !this.#isBefore(item, parent)) break;
      this.#put(parent, index);
      index = parentIndex;
    }
    this.#put(item, index);
    return index;
  }

  #sink(item: T, from: number): void {
    let index = from;
    for (;;) {
      const childIndex = this.#firstChild(index);
      const child = this.#items[childIndex];
      if (child === undefined || !this.#isBefore(child, item)) break;
      this.#put(child, index);
      index = childIndex;
    }
    this.#put(item, index);
  }

  #firstChild(index: number): number {
    const left = this.#items[2 * index + 1];
    const right = this.#items[2 * index + 2];
    return left && right && this.#isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
  }

  #put(item: T, index: number): void {
    this.#items[index] = item;
    this.#indexes.set(item, index);
  }
}
