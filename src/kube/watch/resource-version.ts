/**
 * Whether one resourceVersion comes before another of the same resource. Versions are decimal numbers of any length;
 * with others nothing is known, so nothing is older.
 */
export function isOlder(version: string, than: string): boolean {
  if (!decimal.test(version) || !decimal.test(than)) return false;
  return version.length === than.length ? version < than : version.length < than.length;
}

const decimal = /^(0|[1-9]\d*)$/;
