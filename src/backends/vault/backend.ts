import pMap from 'p-map';

import type { Backend, FetchOutcome } from '../../core/backend.ts';
import { SecretError } from '../../core/errors.ts';
import { requestKey, storeKey, type VaultRef } from '../../core/object-ref.ts';
import type { TokenIssuer } from '../../core/token-issuer.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { createVaultClient } from './client.ts';
import { toCallError } from './errors.ts';
import { createFetcher } from './fetcher.ts';
import type { HostResolver } from './guarded-lookup.ts';
import { Leases } from './leases.ts';
import { maxParallelReads } from './limits.ts';
import { createPolicyGuard, type VaultPolicy } from './policy.ts';
import { Pools } from './pools.ts';
import { createReader, toReadCall } from './reader.ts';
import { createRenewals } from './renewals.ts';
import { Tokens } from './tokens.ts';
import { createTransport } from './transport.ts';

export interface VaultBackendDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'storeRequests' | 'storeRequestDuration' | 'tokens' | 'leases'>;
  readonly policy: VaultPolicy;
  /** `--token-request-fallback`. */
  readonly tokenIssuer?: TokenIssuer;
  /** In [0, 1), for the jitter of retries. */
  readonly random?: () => number;
  readonly resolveHost?: HostResolver;
}

/** Vault and OpenBao behind the port. Throws MANIFEST_INVALID when the policy lists an address that is none. */
export function createVaultBackend(deps: VaultBackendDeps): Backend<VaultRef> {
  const { clock, logger, metrics, tokenIssuer, random = Math.random } = deps;
  const closing = new AbortController();
  const guard = createPolicyGuard(deps.policy);
  const pools = new Pools({ ...deps, guard });
  const client = createVaultClient({ guard, transport: createTransport({ clock, guard, pools, random }), metrics });
  const renewals = createRenewals({ client, logger, signal: closing.signal });
  const tokens = new Tokens({ clock, client, metrics, tokenIssuer, renew: renewals.token, isDead: renewals.isDead });
  const leases = new Leases({ clock, metrics, renewals });
  const { checkStore } = guard;
  const fetchOne = createFetcher({ clock, leases, checkStore, read: createReader({ clock, client, tokens }) });
  return {
    kind: 'vault',
    async identify(ref, caller, { signal }) {
      try {
        checkStore(ref.store);
        return await tokens.scopeOf({ ref, caller, signal });
      } catch (error) {
        throw toCallError(error, toReadCall(ref), signal);
      }
    },
    async fetch(refs, caller, { signal }) {
      signal.throwIfAborted();
      const groups = [...new Map(refs.map((ref) => [groupKey(ref), ref]))];
      const outcomes = await pMap(
        groups,
        async ([key, ref]) => [key, await fetchOne({ ref, caller, signal })] as const,
        { concurrency: maxParallelReads },
      );
      return pick(refs, new Map(outcomes));
    },
    async close() {
      closing.abort();
      leases.close();
      tokens.close();
      pools.close();
    },
  };
}

/** Refs with equal keys are read once. */
function groupKey(ref: VaultRef): string {
  return storeKey(ref) + requestKey(ref);
}

function pick(refs: readonly VaultRef[], outcomes: ReadonlyMap<string, FetchOutcome>): readonly FetchOutcome[] {
  return refs.map((ref) => {
    const outcome = outcomes.get(groupKey(ref));
    if (outcome === undefined) throw new SecretError('INTERNAL', 'a Vault object was left out of the reads');
    return outcome;
  });
}
