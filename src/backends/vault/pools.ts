import { LRUCache } from 'lru-cache';

import { SecretError } from '../../core/errors.ts';
import type { VaultStore } from '../../core/object-ref.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { VaultAddress } from './address.ts';
import type { TlsIdentity } from './call.ts';
import { type ConnectionPool, createConnectionPool } from './connection-pool.ts';
import { createGuardedLookup, type LookupDeps } from './guarded-lookup.ts';
import { idleMs, maxPools, tlsCheckMs } from './limits.ts';
import type { PolicyGuard } from './policy.ts';
import { digestIdentity, readTlsMaterial, type TlsMaterial } from './tls-material.ts';

export interface PoolsDeps extends LookupDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: PolicyGuard;
}

export interface PoolRequest {
  readonly address: VaultAddress;
  readonly store: VaultStore;
  readonly identity?: TlsIdentity;
}

interface Entry {
  readonly pool: ConnectionPool;
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
  readonly #entries = new LRUCache<string, Entry>({ max: maxPools, dispose: ({ pool }) => pool.retire() });

  constructor(deps: PoolsDeps) {
    this.#deps = deps;
  }

  /** Throws FILE_UNREADABLE, PATH_FORBIDDEN, MANIFEST_INVALID, CREDENTIAL_MISSING. */
  async acquire(request: PoolRequest): Promise<ConnectionPool> {
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

  close(): void {
    for (const { pool } of this.#entries.values()) pool.destroy();
    this.#entries.clear();
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

function keyOf({ address, store, identity }: PoolRequest): string {
  const parts = [address.socketPath ?? address.origin, Object.values(store.tls)];
  return JSON.stringify([...parts, identity ? digestIdentity(identity) : '']);
}

function touch(entry: Entry, checkedAtMs: number, usedAtMs: number): ConnectionPool {
  entry.checkedAtMs = checkedAtMs;
  entry.usedAtMs = usedAtMs;
  return entry.pool;
}

function createPool({ address, store }: PoolRequest, material: TlsMaterial, deps: PoolsDeps): ConnectionPool {
  const { secureContext } = material;
  return createConnectionPool({
    address,
    tls: store.tls,
    secureContext,
    lookup: createGuardedLookup(deps),
    clock: deps.clock,
  });
}
