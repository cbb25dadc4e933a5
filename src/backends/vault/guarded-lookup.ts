import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

import type { PolicyGuard } from './policy.ts';

export type HostResolver = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

export interface LookupDeps {
  readonly guard: Pick<PolicyGuard, 'checkIp'>;
  /** Host names to addresses, all of them; the system's resolver unless given. */
  readonly resolveHost?: HostResolver;
}

/** The connection goes to an address that was checked here: no second look-up can answer otherwise. */
export function createGuardedLookup({ guard, resolveHost = systemLookup }: LookupDeps): LookupFunction {
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
