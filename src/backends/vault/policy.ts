import { realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';

import { SecretError } from '../../core/errors.ts';
import type { VaultStore } from '../../core/object-ref.ts';
import type { VaultDefaults } from '../../core/store-defaults.ts';
import { isBelowApi, parseAddress, type VaultAddress } from './address.ts';
import { isForbiddenIp, literalIp } from './forbidden-hosts.ts';

/** Where a manifest may send a pod's token. Addresses and paths are pod-written: volume attributes override parameters. */
export interface VaultPolicy {
  /** `--vault-addresses`; undefined: any. */
  readonly addresses?: readonly string[];
  /** `--file-roots`; undefined: any. */
  readonly fileRoots?: readonly string[];
  readonly forbidSkipVerify: boolean;
  /** The daemon's own addresses and files, always allowed. */
  readonly defaults: readonly VaultDefaults[];
}

export interface PolicyGuard {
  /** The address of a store. Throws ADDRESS_FORBIDDEN, MANIFEST_INVALID. */
  readonly checkStore: (store: VaultStore) => VaultAddress;
  /** The listed address below whose `/v1/` a redirect leads, or undefined. */
  readonly findListed: (url: URL) => VaultAddress | undefined;
  /** The real path of a file or directory named by `parameter`. Throws PATH_FORBIDDEN, FILE_UNREADABLE. */
  readonly checkPath: (parameter: string, path: string) => Promise<string>;
  /** Throws ADDRESS_FORBIDDEN for a link-local or metadata address that a host name stands for. */
  readonly checkIp: (host: string, ip: string) => void;
}

/** Throws MANIFEST_INVALID for an entry of the list that is no address. */
export function createPolicyGuard(policy: VaultPolicy): PolicyGuard {
  const own = policy.defaults.map(({ address }) => parseAddress(address));
  const listed = policy.addresses?.map(parseAddress);
  const ownPaths = new Set(policy.defaults.flatMap(({ tls }) => pathsOf(tls)));
  return {
    checkStore(store) {
      if (store.tls.skipVerify && policy.forbidSkipVerify) throw skipVerifyForbidden();
      const address = parseAddress(store.address);
      if (address.socketPath === undefined) checkLiteral(address);
      const allowed = [...own, ...(listed ?? [])];
      if (listed !== undefined && !allowed.some((entry) => covers(entry, address))) throw notListed(address);
      if (listed === undefined && address.socketPath !== undefined && !own.some((entry) => covers(entry, address))) {
        checkLexically('vaultAddress', address.socketPath, policy.fileRoots);
      }
      return address;
    },
    findListed: (url) =>
      [...own, ...(listed ?? [])].find((entry) => entry.origin === url.origin && isBelowApi(entry, url.pathname)),
    checkPath: (parameter, path) => checkPath(parameter, path, isOwn(path, ownPaths) ? undefined : policy.fileRoots),
    checkIp,
  };
}

function pathsOf(tls: VaultStore['tls']): string[] {
  return [tls.caFile, tls.caDirectory, tls.clientCertFile, tls.clientKeyFile].filter((path) => path !== '');
}

/** One of the daemon's own files, or a file of its own CA directory. */
function isOwn(path: string, ownPaths: ReadonlySet<string>): boolean {
  return [...ownPaths].some((own) => isInside(resolve(path), resolve(own)));
}

/** A listed address allows itself and what lies below its path. */
function covers(entry: VaultAddress, address: VaultAddress): boolean {
  if (entry.socketPath !== address.socketPath || entry.origin !== address.origin) return false;
  return address.basePath === entry.basePath || address.basePath.startsWith(`${entry.basePath}/`);
}

function checkLiteral(address: VaultAddress): void {
  const { hostname } = new URL(address.origin);
  const ip = literalIp(hostname);
  if (ip !== undefined) checkIp(hostname, ip);
}

function checkIp(host: string, ip: string): void {
  if (!isForbiddenIp(ip)) return;
  throw new SecretError(
    'ADDRESS_FORBIDDEN',
    `vaultAddress: the host ${host} is a link-local or cloud metadata address, which is never allowed; name the Vault server`,
  );
}

async function checkPath(parameter: string, path: string, roots: readonly string[] | undefined): Promise<string> {
  checkLexically(parameter, path, roots);
  const real = await toRealPath(parameter, path);
  if (roots === undefined) return real;
  const realRoots = await Promise.all(roots.map((root) => realpath(root).catch(() => resolve(root))));
  if (!realRoots.some((root) => isInside(real, root))) throw pathForbidden(parameter, path);
  return real;
}

/** Before the file system is touched, so that a refusal tells nothing about it. */
function checkLexically(parameter: string, path: string, roots: readonly string[] | undefined): void {
  if (roots === undefined) return;
  if (!roots.some((root) => isInside(resolve(path), resolve(root)))) throw pathForbidden(parameter, path);
}

async function toRealPath(parameter: string, path: string): Promise<string> {
  try {
    return await realpath(resolve(path));
  } catch (error) {
    throw new SecretError(
      'FILE_UNREADABLE',
      `${parameter} ${JSON.stringify(path)} cannot be read; it must exist inside the container of lockstep`,
      { cause: error },
    );
  }
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function skipVerifyForbidden(): SecretError {
  return new SecretError(
    'ADDRESS_FORBIDDEN',
    'vaultSkipTLSVerify is not allowed by --forbid-skip-verify; name the CA with vaultCACertPath instead',
  );
}

function notListed(address: VaultAddress): SecretError {
  return new SecretError(
    'ADDRESS_FORBIDDEN',
    `vaultAddress ${address.text} is not among --vault-addresses; ask the operator of lockstep to list it`,
  );
}

function pathForbidden(parameter: string, path: string): SecretError {
  return new SecretError(
    'PATH_FORBIDDEN',
    `${parameter} ${JSON.stringify(path)} lies outside --file-roots; use a file below one of them`,
  );
}
