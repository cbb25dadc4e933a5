/**
 * A pure function of an immutable object, worked out once for each: a plan lives as long as its class is mounted and is
 * asked for its keys at every mount. What is remembered goes with the object.
 */
export function memoize<K extends object, V extends {}>(compute: (of: K) => V): (of: K) => V {
  const known = new WeakMap<K, V>();
  return (of) => {
    const before = known.get(of);
    if (before !== undefined) return before;
    const value = compute(of);
    known.set(of, value);
    return value;
  };
}
