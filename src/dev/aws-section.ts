import type { VersionHistory } from './version-history.ts';

/** A request to one section of the secrets file, as seen from a region. */
export interface SectionRequest<T> {
  readonly history: VersionHistory<T>;
  readonly region: string;
  /** Parsed JSON of whatever shape. */
  readonly input: unknown;
}

/** What decides where an object is found. */
export type Section<T> = Omit<SectionRequest<T>, 'input'>;

/** In every ARN: the account of AWS's own examples. */
export const accountId = '123456789012';
