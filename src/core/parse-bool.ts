const words: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
]);

/** Undefined for anything that is no boolean, the empty string included. Parity: the words of Go's strconv.ParseBool. */
export function parseGoBool(text: string): boolean | undefined {
  return words.get(text);
}
