import { ApiException, CoreV1Api, type KubeConfig } from '@kubernetes/client-node';

import type { Caller } from '../../core/caller.ts';
import type { RoleReader } from '../../core/role-reader.ts';
import type { Clock } from '../../platform/clock.ts';
import { SingleFlight } from '../../platform/single-flight.ts';
import { toRoleLookupError } from '../client/errors.ts';
import { withSignal } from '../client/with-signal.ts';

/** Parity: the annotation that EKS and the official provider read. */
const annotation = 'eks.amazonaws.com/role-arn';
/** A corrected annotation is noticed sooner when the former role is refused. */
const freshMs = 300_000;
/** While the API server is out, what it said last is good for this long. */
const usableMs = 3_600_000;
/** A refusal causes no other look-up of what was looked up just now. */
const youngMs = 5_000;
/** The API server is out: it is asked again after this. */
const pauseMs = 30_000;
const timeoutMs = 10_000;

interface Kept {
  readonly role: string;
  readonly readAtMs: number;
  readonly freshUntilMs: number;
}

/**
 * Reads the role of a service account with one GET, and keeps it for a few minutes, so that a mount mostly needs no API
 * server. That there is none is not kept: somebody is about to add it. Bounded by the accounts of the last hour.
 */
export function createRoleReader(config: KubeConfig, { clock }: { readonly clock: Clock }): RoleReader {
  const api = config.makeApiClient(CoreV1Api);
  const kept = new Map<string, Kept>();
  const flights = new SingleFlight<string | undefined>({ clock, timeoutMs });

  const read = async (key: string, caller: Caller, signal: AbortSignal): Promise<string | undefined> => {
    const request = { name: caller.serviceAccount, namespace: caller.namespace };
    const account = await api.readNamespacedServiceAccount(request, withSignal(signal));
    const role = account.metadata?.annotations?.[annotation] || undefined;
    const now = clock.now();
    for (const [other, { readAtMs }] of kept) if (now - readAtMs >= usableMs) kept.delete(other);
    if (role === undefined) kept.delete(key);
    else kept.set(key, { role, readAtMs: now, freshUntilMs: now + freshMs });
    return role;
  };

  return {
    async roleOf(caller, { signal, refused }) {
      const key = `${caller.namespace}/${caller.serviceAccount}`;
      const known = kept.get(key);
      const now = clock.now();
      const isYoung = known !== undefined && now - known.readAtMs < youngMs;
      if (known && now < known.freshUntilMs && (known.role !== refused || isYoung)) return known.role;
      try {
        return await flights.call(key, (own) => read(key, caller, own)).wait(signal);
      } catch (cause) {
        signal.throwIfAborted();
        const isGone = cause instanceof ApiException && cause.code === 404;
        if (!known || isGone || now - known.readAtMs >= usableMs) throw toRoleLookupError(caller, cause);
        kept.set(key, { ...known, freshUntilMs: now + pauseMs });
        return known.role;
      }
    },
  };
}
