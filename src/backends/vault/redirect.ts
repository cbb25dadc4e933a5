import { SecretError } from '../../core/errors.ts';
import { isBelowApi, type VaultAddress } from './address.ts';
import { describeCall, quote, type VaultCall, type WireAnswer } from './call.ts';
import { isForbiddenIp, literalIp } from './forbidden-hosts.ts';
import type { PolicyGuard } from './policy.ts';

export interface Target {
  readonly address: VaultAddress;
  /** Path and query. */
  readonly path: string;
}

/**
 * Where a redirect leads, or undefined when the answer is none. Parity: 301, 302 and 307 are followed, with the same
 * method, body and token. Stricter: only to the same origin or an address that the operator listed, and below its `/v1/`.
 * Throws VAULT_REDIRECT_REFUSED.
 */
export function findRedirect(
  answer: WireAnswer,
  from: Target,
  call: VaultCall,
  guard: PolicyGuard,
): Target | undefined {
  if (answer.status < 300 || answer.status > 399) return undefined;
  if (!followed.has(answer.status)) throw refused(call, answer, `status ${answer.status} is not one that Vault uses`);
  const base = from.address.origin + from.path;
  if (answer.location === undefined || !URL.canParse(answer.location, base)) {
    throw refused(call, answer, 'it names no place to go');
  }
  const url = new URL(answer.location, base);
  const address = url.origin === from.address.origin ? from.address : guard.findListed(url);
  const reason = findFault(url, from.address, address);
  if (reason !== undefined || !address) throw refused(call, answer, reason ?? 'it leads nowhere');
  return { address, path: url.pathname + url.search };
}

/** Only one redirect is followed. Throws VAULT_REDIRECT_REFUSED for another. */
export function refuseRedirect(answer: WireAnswer, call: VaultCall): WireAnswer {
  if (answer.status < 300 || answer.status > 399) return answer;
  throw refused(call, answer, 'it is the second one in a row');
}

const followed = new Set([301, 302, 307]);

function findFault(url: URL, from: VaultAddress, to: VaultAddress | undefined): string | undefined {
  if (url.username !== '' || url.password !== '') return 'it holds a user name or password';
  if (from.origin.startsWith('https:') && url.protocol !== 'https:') return 'it leaves https';
  const ip = literalIp(url.hostname);
  if (ip !== undefined && isForbiddenIp(ip)) return 'it leads to a link-local or cloud metadata address';
  if (!to) return 'it leads to another server; list that one in --vault-addresses if it is yours';
  return isBelowApi(to, url.pathname) ? undefined : 'it leaves /v1/';
}

function refused(call: VaultCall, answer: WireAnswer, reason: string): SecretError {
  const place = answer.location === undefined ? '' : ` to ${quote(withoutQuery(answer.location))}`;
  return new SecretError(
    'VAULT_REDIRECT_REFUSED',
    `${describeCall(call)}: a redirect${place} is not followed: ${reason}`,
  );
}

/** User names and queries of a location may hold anything. */
function withoutQuery(location: string): string {
  return location.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//');
}
