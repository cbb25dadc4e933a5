/** What of a `Status` of the API server is of use. Every part may be missing. */
export interface ApiStatus {
  readonly message: string;
  readonly reason: string;
  /** Of the object that the failure is about: plural or kind, and name. */
  readonly kind: string;
  readonly name: string;
  readonly causes: readonly { readonly reason: string; readonly field: string }[];
}

/** Undefined: the body is no Status: the path is unknown, or something stands between. Its text helps nobody. */
export function parseApiStatus(body: Buffer): ApiStatus | undefined {
  try {
    return toApiStatus(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined;
  }
}

/** The same of a value that was parsed already. */
export function toApiStatus(value: unknown): ApiStatus | undefined {
  const status = toRecord(value);
  if (status['kind'] !== 'Status') return undefined;
  const details = toRecord(status['details']);
  const causes = Array.isArray(details['causes']) ? details['causes'].map(toRecord) : [];
  return {
    message: toText(status['message']),
    reason: toText(status['reason']),
    kind: toText(details['kind']),
    name: toText(details['name']),
    causes: causes.map(({ reason, field }) => ({ reason: toText(reason), field: toText(field) })),
  };
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
