import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

import { LRUCache } from 'lru-cache';
import { Pool } from 'undici';

import { SecretError } from '../../core/errors.ts';
import type { VaultStore } from '../../core/object-ref.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { VaultAddress } from './address.ts';
import type { TlsIdentity } from './call.ts';
import { idleMs, maxAnswerBytes, maxPools, tlsCheckMs } from './limits.ts';
import type { PolicyGuard } from './policy.ts';
import { digestIdentity, readTlsMaterial, type TlsMaterial } from './tls-material.ts';

export interface PoolsDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: PolicyGuard;
  /** Host names to addresses, all of them; the system's resolver unless given. */
  readonly resolveHost?: HostResolver;
}

export type HostResolver = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

export interface PoolRequest {
  readonly address: VaultAddress;
  readonly store: VaultStore;
  readonly identity?: TlsIdentity;
}

interface Entry {
  readonly pool: Pool;
  readonly material: TlsMaterial;
  checkedAtMs: number;
  usedAtMs: number;
}

/**
 * One pool of kept connections per address and TLS material. The files are read again every few seconds while a pool is
 * in use; a change makes a new pool, and the former one ends with its last request.
 */
export class Pools {
  readonly #deps: PoolsDeps;
  readonly #entries = new LRUCache<string, Entry>({ max: maxPools, dispose: ({ pool }) => retire(pool) });

  constructor(deps: PoolsDeps) {
    this.#deps = deps;
  }

  /** Throws FILE_UNREADABLE, PATH_FORBIDDEN, MANIFEST_INVALID, CREDENTIAL_MISSING. */
  async acquire(request: PoolRequest): Promise<Pool> {
    const key = keyOf(request);
    const known = this.#entries.get(key);
    const now = this.#deps.clock.now();
    if (known && now - known.checkedAtMs < tlsCheckMs) return touch(known, known.checkedAtMs, now);
    this.#closeIdle(now);
    const material = await this.#readMaterial(request, known);
    const current = this.#entries.get(key);
    if (current?.material.digest === material.digest) return touch(current, now, now);
    const pool = createPool(request, material, this.#deps);
    this.#entries.set(key, { pool, material, checkedAtMs: now, usedAtMs: now });
    return pool;
  }

  /** TLS failed: the files are read again at the next request. */
  doubt(request: PoolRequest): void {
    const entry = this.#entries.get(keyOf(request));
    if (entry) entry.checkedAtMs = Number.NEGATIVE_INFINITY;
  }

  async close(): Promise<void> {
    const pools = [...this.#entries.values()].map(({ pool }) => pool);
    this.#entries.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  /** Files that cannot be used may be in the middle of a change, so what was read before stays in use. */
  async #readMaterial(request: PoolRequest, known: Entry | undefined): Promise<TlsMaterial> {
    try {
      const material = await readTlsMaterial(request.store.tls, request.identity, this.#deps.guard);
      // Parity: files that cannot be used are refused without TLS too.
      return request.address.origin.startsWith('http:') ? plaintext : material;
    } catch (error) {
      if (!known || !(error instanceof SecretError) || error.code !== 'FILE_UNREADABLE') throw error;
      this.#deps.logger.warn({ reason: error.message }, 'tls files cannot be read again, keeping what they held');
      return known.material;
    }
  }

  #closeIdle(now: number): void {
    const idle = [...this.#entries.entries()].filter(([, { usedAtMs }]) => now - usedAtMs > idleMs);
    for (const [key] of idle) this.#entries.delete(key);
  }
}

const plaintext: TlsMaterial = { digest: '', secureContext: undefined };
const connectTimeoutMs = 10_000;
const keepAliveMs = 90_000;
const connectionsPerPool = 64;

function keyOf({ address, store, identity }: PoolRequest): string {
  const parts = [address.socketPath ?? address.origin, Object.values(store.tls)];
  return JSON.stringify([...parts, identity ? digestIdentity(identity) : '']);
}

function touch(entry: Entry, checkedAtMs: number, usedAtMs: number): Pool {
  entry.checkedAtMs = checkedAtMs;
  entry.usedAtMs = usedAtMs;
  return entry.pool;
}

function createPool({ address, store }: PoolRequest, { secureContext }: TlsMaterial, deps: PoolsDeps): Pool {
  const { serverName, skipVerify } = store.tls;
  return new Pool(address.origin, {
    connections: connectionsPerPool,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    // The caller's signal bounds a request.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxAnswerBytes,
    connect: {
      allowH2: false,
      timeout: connectTimeoutMs,
      lookup: createLookup(deps),
      rejectUnauthorized: !skipVerify,
      ...(address.socketPath !== undefined && { socketPath: address.socketPath }),
      ...(serverName !== '' && { servername: serverName }),
      ...(secureContext && { secureContext }),
    },
  });
}

/** The connection goes to an address that was checked here: no second look-up can answer otherwise. */
function createLookup({ guard, resolveHost = systemLookup }: PoolsDeps): LookupFunction {
  return (hostname, options, done) => {
    resolveHost(hostname, { ...options, all: true }, (error, addresses) => {
      try {
        if (error) throw error;
        for (const { address } of addresses) guard.checkIp(hostname, address);
      } catch (refusal) {
        done(refusal instanceof Error ? refusal : new Error('look-up failed'), []);
        return;
      }
      if (options.all === true) done(null, addresses);
      else done(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 0);
    });
  };
}

/** Waits for what is under way; its failures belong to the callers. */
function retire(pool: Pool): void {
  pool.close().catch(() => undefined);
}
