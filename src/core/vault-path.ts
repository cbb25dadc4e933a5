import type { ErrorCode } from './errors.ts';

/** Where a request goes, below the base path of the address. */
export interface VaultPath {
  /** Clean and percent-encoded, starts with `/v1/`. */
  readonly path: string;
  /** Sorted by name and encoded, without `?`; empty: none. */
  readonly query: string;
}

export type ParsedVaultPath =
  | { readonly ok: true; readonly value: VaultPath }
  /** `reason` is the end of a sentence that starts with the path. */
  | { readonly ok: false; readonly reason: string; readonly code?: ErrorCode };

/**
 * Parity: `x`, `/x`, `v1/x` and `/v1/x` are one path; what follows the first `?` is a query; `//`, `.`, `..` and a slash at
 * the end vanish; a `%` is text. Unlike the official provider nothing outside `/v1/` can be reached.
 */
export function parseSecretPath(secretPath: string): ParsedVaultPath {
  const [rawPath, rawQuery] = cut(withApiPrefix(secretPath), '?');
  const path = cleanPath(rawPath);
  if (path === '/v1') return { ok: false, reason: 'names no secret; write it like secret/data/app' };
  if (!path.startsWith('/v1/')) {
    return { ok: false, reason: 'leaves the API below /v1/; write it without `..`', code: 'PATH_FORBIDDEN' };
  }
  const pairs = parseQuery(rawQuery);
  if (typeof pairs === 'string') return { ok: false, reason: pairs };
  return { ok: true, value: { path: escapeVaultPath(path), query: encodeQuery(pairs) } };
}

/** Parity: the characters that Go's URL.EscapedPath leaves alone; slashes stay, so the path must be clean already. */
export function escapeVaultPath(path: string): string {
  return escapeBytes(toBytes(path), /[^A-Za-z0-9\-_.~$&+,/:;=@]/g);
}

function withApiPrefix(secretPath: string): string {
  if (secretPath.startsWith('/v1/')) return secretPath;
  if (secretPath.startsWith('v1/')) return `/${secretPath}`;
  return secretPath.startsWith('/') ? `/v1${secretPath}` : `/v1/${secretPath}`;
}

function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

type Pair = readonly [name: string, value: string];

/** The pairs as bytes (one character each), or the reason why it is none. Parity: Go's url.ParseQuery. */
function parseQuery(query: string): readonly Pair[] | string {
  const parts = toBytes(query).split('&');
  if (query.includes(';')) return 'has a `;` in its query; separate parameters with `&`, or write %3B';
  const broken = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(query)?.[0];
  if (broken !== undefined) return `has ${JSON.stringify(broken)} in its query, which is no escape; write a % as %25`;
  return parts.filter((part) => part !== '').map((part) => unescapePair(cut(part, '=')));
}

function unescapePair([name, value]: Pair): Pair {
  return [unescapeBytes(name), unescapeBytes(value)];
}

/** Parity: Go's Values.Encode; values of one name keep their order. */
function encodeQuery(pairs: readonly Pair[]): string {
  return pairs
    .toSorted(([a], [b]) => (a === b ? 0 : a < b ? -1 : 1))
    .map((pair) => pair.map(escapeQuery).join('='))
    .join('&');
}

function escapeQuery(bytes: string): string {
  return escapeBytes(bytes, /[^A-Za-z0-9\-_.~ ]/g).replaceAll(' ', '+');
}

/** A query may hold bytes that are no UTF-8, so that text is handled as one character per byte. */
function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function unescapeBytes(bytes: string): string {
  const spaced = bytes.replaceAll('+', ' ');
  return spaced.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function escapeBytes(bytes: string, unsafe: RegExp): string {
  return bytes.replaceAll(unsafe, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** Before and after the first separator. */
function cut(text: string, separator: string): Pair {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
