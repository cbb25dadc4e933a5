import { compareUtf8 } from './go-json.ts';
import {
  isJmesArray,
  isJmesObject,
  type JmesObject,
  JmesPathError,
  type JmesValue,
  isEqual,
  marshalJmes,
} from './jmes-value.ts';

/** An expression that was given to a function (`&name`), ready to be asked of an element. */
export class JmesExpression {
  readonly evaluate: (value: JmesValue) => JmesValue;

  constructor(evaluate: (value: JmesValue) => JmesValue) {
    this.evaluate = evaluate;
  }
}

export type JmesArgument = JmesValue | JmesExpression;

/** Parity: the functions of go-jmespath 0.4, no others. Null prototype: they are called by names from manifests. */
export const jmesFunctions: Readonly<Record<string, (call: JmesCall) => JmesValue>> = Object.assign(
  Object.create(null),
  {
    abs: (call) => Math.abs(call.arity(1).number(0)),
    avg: (call) => average(call.arity(1).numbers(0)),
    ceil: (call) => Math.ceil(call.arity(1).number(0)),
    contains: (call) => contains(call.arity(2)),
    ends_with: (call) => call.arity(2).string(0).endsWith(call.string(1)),
    floor: (call) => Math.floor(call.arity(1).number(0)),
    join: (call) => call.arity(2).strings(1).join(call.string(0)),
    keys: (call) => [...call.arity(1).object(0).keys()],
    length: (call) => lengthOf(call.arity(1)),
    map: (call) => call.arity(2).array(1).map(call.expression(0).evaluate),
    max: (call) => extreme(call.arity(1), 1),
    max_by: (call) => extremeBy(call.arity(2), 1),
    merge: (call) =>
      new Map(
        call
          .atLeast(1)
          .objects()
          .flatMap((object) => [...object]),
      ),
    min: (call) => extreme(call.arity(1), -1),
    min_by: (call) => extremeBy(call.arity(2), -1),
    not_null: (call) =>
      call
        .atLeast(1)
        .values()
        .find((value) => value !== null) ?? null,
    reverse: (call) => reverse(call.arity(1)),
    sort: (call) => sort(call.arity(1).comparables(0), (value) => value),
    sort_by: (call) => sortBy(call.arity(2)),
    starts_with: (call) => call.arity(2).string(0).startsWith(call.string(1)),
    sum: (call) => sum(call.arity(1).numbers(0)),
    to_array: (call) => toArray(call.arity(1).value(0)),
    to_number: (call) => toNumber(call.arity(1).value(0)),
    to_string: (call) => toText(call.arity(1).value(0)),
    type: (call) => typeOf(call.arity(1).value(0)),
    values: (call) => [...call.arity(1).object(0).values()],
  } satisfies Record<string, (call: JmesCall) => JmesValue>,
);

type Comparable = string | number;

/** The arguments of one call, checked when they are read. */
export class JmesCall {
  readonly #name: string;
  readonly #values: readonly JmesArgument[];

  constructor(name: string, values: readonly JmesArgument[]) {
    this.#name = name;
    this.#values = values;
  }

  arity(count: number): this {
    return this.#values.length === count ? this : this.#fail(`takes ${count} arguments`);
  }

  atLeast(count: number): this {
    return this.#values.length >= count ? this : this.#fail(`takes at least ${count} arguments`);
  }

  value(index: number): JmesValue {
    const value = this.#values[index] ?? null;
    return value instanceof JmesExpression ? this.#fail('takes no &expression there') : value;
  }

  values(): readonly JmesValue[] {
    return this.#values.map((_, index) => this.value(index));
  }

  expression(index: number): JmesExpression {
    const value = this.#values[index];
    return value instanceof JmesExpression ? value : this.#fail('needs an &expression');
  }

  number(index: number): number {
    const value = this.value(index);
    return typeof value === 'number' ? value : this.mistype('a number');
  }

  string(index: number): string {
    const value = this.value(index);
    return typeof value === 'string' ? value : this.mistype('a string');
  }

  array(index: number): readonly JmesValue[] {
    const value = this.value(index);
    return isJmesArray(value) ? value : this.mistype('a list');
  }

  object(index: number): JmesObject {
    const value = this.value(index);
    return isJmesObject(value) ? value : this.mistype('an object');
  }

  objects(): readonly JmesObject[] {
    return this.#values.map((_, index) => this.object(index));
  }

  numbers(index: number): readonly number[] {
    const array = this.array(index);
    return array.every((element) => typeof element === 'number') ? array : this.mistype('a list of numbers');
  }

  strings(index: number): readonly string[] {
    const array = this.array(index);
    return array.every((element) => typeof element === 'string') ? array : this.mistype('a list of strings');
  }

  /** All numbers or all strings. */
  comparables(index: number): readonly Comparable[] {
    return this.toComparables(this.array(index));
  }

  toComparables(values: readonly JmesValue[]): readonly Comparable[] {
    if (values.every((value) => typeof value === 'string')) return values;
    return values.every((value) => typeof value === 'number')
      ? values
      : this.mistype('numbers alone or strings alone to compare');
  }

  mistype(expected: string): never {
    return this.#fail(`needs ${expected}`);
  }

  #fail(reason: string): never {
    throw new JmesPathError(`cannot be used here: ${this.#name}() ${reason}`);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function average(numbers: readonly number[]): number {
  return sum(numbers) / numbers.length;
}

function contains(call: JmesCall): boolean {
  const searched = call.value(0);
  const wanted = call.value(1);
  if (typeof searched === 'string') return typeof wanted === 'string' && searched.includes(wanted);
  return call.array(0).some((element) => isEqual(element, wanted));
}

/** Parity: characters, not UTF-16 units. */
function lengthOf(call: JmesCall): number {
  const value = call.value(0);
  if (typeof value === 'string') return Array.from(value).length;
  if (isJmesArray(value)) return value.length;
  return isJmesObject(value) ? value.size : call.mistype('a string, a list or an object');
}

function reverse(call: JmesCall): JmesValue {
  const value = call.value(0);
  return typeof value === 'string' ? Array.from(value).toReversed().join('') : call.array(0).toReversed();
}

function compare(a: Comparable, b: Comparable): number {
  return typeof a === 'string' || typeof b === 'string' ? compareUtf8(String(a), String(b)) : a - b;
}

function sort<T>(values: readonly T[], keyOf: (value: T, index: number) => Comparable): readonly T[] {
  const keyed = values.map((value, index) => ({ value, key: keyOf(value, index) }));
  return keyed.toSorted((a, b) => compare(a.key, b.key)).map(({ value }) => value);
}

function sortBy(call: JmesCall): JmesValue {
  const array = call.array(0);
  const keys = call.toComparables(array.map(call.expression(1).evaluate));
  return sort(array, (_, index) => keys[index] ?? 0);
}

/** The largest (`direction` 1) or smallest element; null of none. */
function extreme(call: JmesCall, direction: 1 | -1): JmesValue {
  return sort(call.comparables(0), (value) => value).at(direction === 1 ? -1 : 0) ?? null;
}

/** The first of the elements whose key is the largest or smallest. Parity: a single element needs no key. */
function extremeBy(call: JmesCall, direction: 1 | -1): JmesValue {
  const array = call.array(0);
  const { evaluate } = call.expression(1);
  if (array.length <= 1) return array[0] ?? null;
  const keys = call.toComparables(array.map(evaluate));
  let best = 0;
  for (const [index, key] of keys.entries()) {
    if (direction * compare(key, keys[best] ?? key) > 0) best = index;
  }
  return array[best] ?? null;
}

function toArray(value: JmesValue): JmesValue {
  return isJmesArray(value) ? value : [value];
}

function toNumber(value: JmesValue): JmesValue {
  if (typeof value !== 'string') return typeof value === 'number' ? value : null;
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(value) ? Number(value) : null;
}

function toText(value: JmesValue): string {
  return typeof value === 'string' ? value : marshalJmes(value);
}

function typeOf(value: JmesValue): string {
  if (value === null) return 'null';
  if (isJmesArray(value)) return 'array';
  return isJmesObject(value) ? 'object' : typeof value;
}
