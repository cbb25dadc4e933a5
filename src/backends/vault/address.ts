import { SecretError } from '../../core/errors.ts';

/** A Vault address taken apart. */
export interface VaultAddress {
  /** For messages and comparisons: `https://vault:8200/base` or `unix:///path`. */
  readonly text: string;
  /** `https://vault:8200`; `http://localhost` for a unix socket. */
  readonly origin: string;
  /** Goes before `/v1/`: empty or `/base`. */
  readonly basePath: string;
  readonly socketPath?: string;
}

const unixScheme = 'unix://';
// oxlint-disable-next-line no-control-regex -- a URL parser strips these silently; an address that holds one is a mistake
const invisible = /[\u0000-\u0020\u007f]/;

/** Throws MANIFEST_INVALID. Numeric hosts in any spelling come out as plain dotted addresses. */
export function parseAddress(text: string): VaultAddress {
  if (invisible.test(text)) throw invalid(text, 'holds a space or control character');
  if (text.startsWith(unixScheme)) return parseSocket(text);
  if (!URL.canParse(text)) throw invalid(text, 'is no URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw invalid(text, `has the scheme ${url.protocol}`);
  if (url.username !== '' || url.password !== '') throw invalid(url.host, 'holds a user name or password');
  if (url.search !== '' || url.hash !== '') throw invalid(url.host, 'has a query or fragment');
  const basePath = url.pathname.replace(/\/+$/, '');
  return { text: url.origin + basePath, origin: url.origin, basePath };
}

/** Whether `path` (of a URL, clean) lies below `/v1/` of the address. */
export function isBelowApi(address: VaultAddress, path: string): boolean {
  return path.startsWith(`${address.basePath}/v1/`);
}

function parseSocket(text: string): VaultAddress {
  const socketPath = text.slice(unixScheme.length);
  if (!socketPath.startsWith('/')) throw invalid(text, 'has no absolute path');
  return { text, origin: 'http://localhost', basePath: '', socketPath };
}

function invalid(text: string, reason: string): SecretError {
  const shown = JSON.stringify(text.slice(0, 200));
  return new SecretError(
    'MANIFEST_INVALID',
    `vaultAddress ${shown} ${reason}; write https://HOST:PORT, http://HOST:PORT or unix:///PATH`,
  );
}
