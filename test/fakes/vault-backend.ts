import { expect, it as base, vi } from 'vitest';

import { createVaultBackend, type VaultBackendDeps } from '../../src/backends/vault/backend.ts';
import type { FetchOutcome } from '../../src/core/backend.ts';
import type { Caller } from '../../src/core/caller.ts';
import type { VaultRef, VaultStore } from '../../src/core/object-ref.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { EagerClock, vaultRef } from './vault-callers.ts';
import { FakeVault } from './vault-server.ts';

export const everything: VaultBackendDeps['policy'] = { forbidSkipVerify: false, defaults: [] };

/** The real backend with fake time, a log to look at, and everything allowed unless a test says otherwise. */
export function createBackendUnderTest(deps: Partial<VaultBackendDeps> = {}) {
  const clock = deps.clock instanceof EagerClock ? deps.clock : new EagerClock();
  const log: string[] = [];
  const metrics = createMetrics();
  const backend = createVaultBackend({
    logger: createLogger({ level: 'debug', format: 'json', write: (line) => log.push(line) }),
    metrics,
    policy: everything,
    random: () => 0,
    ...deps,
    clock,
  });
  const { signal } = new AbortController();
  const fetchAll = (refs: readonly VaultRef[], caller: Caller) => backend.fetch(refs, caller, { signal });
  return {
    backend,
    clock,
    log,
    metrics,
    signal,
    fetchAll,
    /** Moves time, then lets the requests that it set off come to their end. */
    async pass(ms: number): Promise<void> {
      await clock.advance(ms);
      await vi.waitFor(() => expect(clock.requestsUnderWay).toBe(0));
      await clock.advance(0);
    },
    fetch: async (ref: VaultRef, caller: Caller): Promise<Told> => tell((await fetchAll([ref], caller))[0]),
    [Symbol.asyncDispose]: () => backend.close(),
  };
}

/** An outcome in words. */
export interface Told {
  readonly data?: unknown;
  readonly leased?: boolean;
  readonly code?: string;
  readonly message?: string;
}

export function tell(outcome: FetchOutcome | undefined): Told {
  if (outcome === undefined) return {};
  if (outcome.status === 'failed') return { code: outcome.error.code, message: outcome.error.message };
  const { data } = JSON.parse(outcome.payload.reveal().toString()) as { data: unknown };
  return { data, leased: outcome.leased };
}

/** A test at a fake of Vault with the secrets kv/a, kv/b and kv/c, whose only member `k` is their own name. */
export const it = base
  .extend('vault', async ({ onTestFinished }) => {
    const vault = await FakeVault.start();
    onTestFinished(() => vault[Symbol.asyncDispose]());
    for (const name of ['a', 'b', 'c']) vault.secrets.set(`kv/${name}`, { k: name });
    return vault;
  })
  .extend('create', ({ onTestFinished }) => (deps: Partial<VaultBackendDeps> = {}) => {
    const under = createBackendUnderTest(deps);
    onTestFinished(() => under[Symbol.asyncDispose]());
    return under;
  })
  .extend('under', ({ create }) => create())
  .extend('ref', ({ vault }) => (path = 'kv/a', store: Partial<VaultStore> = {}) => {
    return vaultRef(vault.address, path, { store });
  });

/** What the backend tells of `ref()`. */
export const found = { data: { k: 'a' }, leased: false };
