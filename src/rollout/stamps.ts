import { checkObjectName } from '../secret-objects/kube-syntax.ts';
import { rolloutNames } from './names.ts';
import { parseVersionName } from './versions/version-secret.ts';
import { hashPattern } from './versions/version.ts';

/** A mode that writes to the pod template. */
export type StampMode = 'Restart' | 'Pin';

/** What one of our annotations on a pod template says. */
export interface Stamp {
  /** Of the key that the hashes were made with; undefined: it names none, as in Pin. */
  readonly keyId: string | undefined;
  /** By Secret: the hash of its used keys (Restart), the name of its version (Pin). */
  readonly entries: ReadonlyMap<string, string>;
  /** What was skipped, by place. */
  readonly problems: readonly string[];
}

/** Tolerant: a malformed entry, or a second one for the same Secret, is skipped and reported. Undefined: an empty one. */
export function parseStamp(mode: StampMode, text: string | undefined): Stamp {
  return mode === 'Restart' ? parseHashes(text) : parsePins(text);
}

/** Sorted by Secret, so that equal content is equal text. Undefined without entries: nothing to write. */
export function formatStamp(mode: StampMode, { keyId, entries }: Omit<Stamp, 'problems'>): string | undefined {
  if (entries.size === 0) return undefined;
  return mode === 'Restart' ? formatHashes(keyId, entries) : formatPins(entries);
}

/** `lockstep.dev/secret-hashes`: `kid=0123abcd;db=0123456789ab,tls=…`. */
export function parseHashes(text: string | undefined): Stamp {
  const [, keyId, list = text] = headPattern.exec(text ?? '') ?? [];
  const stamp = parseEntries(rolloutNames.hashes, list, (_, hash) => hashPattern.test(hash));
  if (keyId !== undefined || text === undefined) return { ...stamp, keyId };
  const problem = `${rolloutNames.hashes} names no key, so that its hashes cannot be compared`;
  return { ...stamp, keyId, problems: [problem, ...stamp.problems] };
}

export function formatHashes(keyId: string | undefined, entries: ReadonlyMap<string, string>): string {
  return keyId === undefined ? formatEntries(entries) : `kid=${keyId};${formatEntries(entries)}`;
}

/** `lockstep.dev/pins`: `db=db-0123456789ab,tls=tls-…`. */
export function parsePins(text: string | undefined): Stamp {
  const isPin = (secret: string, version: string): boolean => parseVersionName(version)?.source === secret;
  return { keyId: undefined, ...parseEntries(rolloutNames.pins, text, isPin) };
}

export function formatPins(entries: ReadonlyMap<string, string>): string {
  return formatEntries(entries);
}

const headPattern = /^kid=([0-9a-f]{8});(.*)$/s;
/** Of a long list of problems the rest adds nothing. */
const maxProblems = 5;

type IsValue = (secret: string, value: string) => boolean;

function parseEntries(annotation: string, list: string | undefined, isValue: IsValue): Omit<Stamp, 'keyId'> {
  const entries = new Map<string, string>();
  const problems: string[] = [];
  if (list === undefined || list === '') return { entries, problems };
  for (const [index, entry] of list.split(',').entries()) {
    // Tolerant of what a person types.
    const [secret = '', value = '', ...others] = entry.trim().split('=');
    const isEntry = others.length === 0 && checkObjectName(secret) === undefined && isValue(secret, value);
    if (isEntry && !entries.has(secret)) entries.set(secret, value);
    else problems.push(`${annotation}: entry ${index + 1} is ${isEntry ? 'a repetition' : 'malformed'}, and skipped`);
  }
  return { entries, problems: problems.slice(0, maxProblems) };
}

function formatEntries(entries: ReadonlyMap<string, string>): string {
  const sorted = [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map((entry) => entry.join('=')).join(',');
}
