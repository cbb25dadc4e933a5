import { accountKey, type Caller } from '../core/caller.ts';
import { SecretError } from '../core/errors.ts';
import { storeKey } from '../core/object-ref.ts';
import type { Plan, ResolvedObject } from '../core/plan.ts';
import { problemsError } from '../core/problem.ts';
import type { Resolver } from '../core/resolver.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import type { ApiReader, CallOptions } from '../kube/client/api-client.ts';
import { resources } from '../kube/objects.ts';
import type { Clock } from '../platform/clock.ts';
import { createDeadline } from '../platform/deadline.ts';
import type { ProviderName } from '../core/provider-names.ts';
import type { ClassInput, Dialect } from '../spc/dialect.ts';
import { isProviderName } from '../core/provider-names.ts';
import { classDialects } from '../spc/dialect.ts';
import { toLiveSecret } from './secrets/live-secret.ts';
import type { ClassObject } from './classes/parse-class.ts';
import type { StoreGate } from './store-gate.ts';
import type { SyncObject, SyncSpec } from './sync-object.ts';

export interface FetchFilesDeps {
  readonly clock: Clock;
  readonly client: Pick<ApiReader, 'get'>;
  readonly plan: (provider: ProviderName, input: ClassInput) => ReturnType<Dialect>;
  readonly resolver: Resolver;
  readonly gate: StoreGate;
  /** Where a sync says nothing. */
  readonly intervalMs: number;
}

/**
 * `none`: it is due. `changed`: somebody changed what decides the answer and waits, so that a closed gate does not count and
 * what is kept is too old. `forced`: somebody says that the store has something new.
 */
export type Urgency = 'none' | 'changed' | 'forced';

/** What is fetched for whom. */
export interface FetchRequest {
  readonly sync: SyncObject;
  readonly spec: SyncSpec;
  readonly class: ClassObject;
  readonly urgency: Urgency;
}

export type FetchedFiles =
  | {
      readonly kind: 'fetched';
      readonly files: readonly ResolvedObject[];
      /** Paths of optional objects that the store does not have. */
      readonly absent: ReadonlySet<string>;
      readonly failures: readonly SecretError[];
      /** Set when a store is out: after so many milliseconds it may be asked again. */
      readonly retryAfterMs: number | undefined;
    }
  /** A store is out and was not asked. */
  | { readonly kind: 'waiting'; readonly error: SecretError; readonly retryAfterMs: number };

export type FetchFiles = (request: FetchRequest, options: CallOptions) => Promise<FetchedFiles>;

/** Files of no volume: nobody looks at their modes. */
const defaultMode = 0o644;
/** For one fetch, whatever hangs. */
const deadlineMs = 60_000;
/** Values of the same account are shared at least for so long, also when an interval is shorter. */
const leastSharedMs = 1000;

/** The files of a class, fetched as the service account of a sync. Throws MANIFEST_INVALID, CREDENTIAL_MISSING, NOT_LEADER, KUBE_…. */
export function createFetchFiles(deps: FetchFilesDeps): FetchFiles {
  return async (request, { signal }) => {
    const { sync, urgency } = request;
    const caller = await toCaller(request, deps.client, { signal });
    const plan = toPlan(request, caller, deps);
    const stores = new Map(plan.objects.map(({ name, ref }) => [name, `${storeKey(ref)}\n${accountKey(caller)}`]));
    const gates = [...new Set(stores.values())];
    const entry = deps.gate.enter(gates, sync.key, { isUrgent: urgency !== 'none' });
    if (entry.kind === 'closed') return { kind: 'waiting', error: entry.error, retryAfterMs: entry.retryAfterMs };

    using deadline = createDeadline({ clock: deps.clock, atMs: deps.clock.now() + deadlineMs, parents: [signal] });
    // A probe that is answered from what is kept proves nothing.
    const delivery = urgency === 'none' && entry.isProbe ? 'first' : deliveries[urgency];
    const { objects, failures } = await deps.resolver.resolve(plan, { signal: deadline.signal, delivery });
    const waits = gates.flatMap((gate) => {
      const errors = failures.filter(({ name }) => stores.get(name) === gate).map(({ error }) => error);
      return deps.gate.report(gate, sync.key, worstOf(errors)) ?? [];
    });
    // No token could be requested any more, which says nothing of the sync.
    const lost = failures.find(({ error }) => error.code === 'NOT_LEADER');
    if (lost) throw lost.error;
    const absent = absentOf(plan, objects);
    const retryAfterMs = waits.length > 0 ? Math.max(...waits) : undefined;
    return { kind: 'fetched', files: objects, absent, failures: failures.map(({ error }) => error), retryAfterMs };
  };
}

const deliveries = { none: 'repeat', changed: 'first', forced: 'forced' } as const;

/** What concerns the store as a whole, rather than one object. */
function worstOf(errors: readonly SecretError[]): SecretError | undefined {
  return errors.find(({ isOutage, status }) => isOutage || status === 'UNAUTHENTICATED') ?? errors[0];
}

function absentOf(plan: Plan, files: readonly ResolvedObject[]): ReadonlySet<string> {
  const present = new Set(files.map(({ path }) => path));
  const optional = plan.objects.filter(({ optional: isOptional, path }) => isOptional && !present.has(path));
  return new Set(optional.map(({ path }) => path));
}

function toPlan({ spec, class: found }: FetchRequest, caller: Caller, deps: FetchFilesDeps): Plan {
  const { provider, parameters } = found;
  if (!isProviderName(provider)) {
    const known = Object.keys(classDialects).join(', ');
    throw new SecretError(
      'MANIFEST_INVALID',
      `provider: ${JSON.stringify(provider)} is none that lockstep serves (${known})`,
    );
  }
  const parsed = deps.plan(provider, { parameters, caller, defaultMode });
  if (!parsed.ok) throw problemsError(parsed.problems);
  const intervalMs = spec.intervalMs ?? deps.intervalMs;
  // Its own Secret is what a sync falls back on: a value that is too old is a failure, and is told as one.
  const freshness = {
    refreshIntervalMs: Math.max(leastSharedMs, intervalMs / 2),
    staleIfErrorMs: 0,
    staleOnFirstMount: false,
  };
  return { ...parsed.value, freshness };
}

/** Tokens are requested by whoever logs in. */
async function toCaller(
  { sync, spec }: FetchRequest,
  client: FetchFilesDeps['client'],
  options: CallOptions,
): Promise<Caller> {
  const { namespace } = sync;
  const { serviceAccount, credentialsSecret: name } = spec;
  const caller = {
    kind: 'service-account',
    namespace,
    serviceAccount,
    tokens: new Map<string, SecretBytes>(),
  } as const;
  if (name === undefined) return { ...caller, secrets: new Map() };
  const object = await client.get(resources.secrets, { namespace, name }, options);
  if (object) return { ...caller, secrets: toLiveSecret(object).data };
  throw new SecretError(
    'CREDENTIAL_MISSING',
    `there is no Secret ${name} in namespace ${namespace}, which credentialsSecretRef names; create it`,
  );
}
