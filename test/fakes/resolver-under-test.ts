import type { Caller } from '../../src/core/caller.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import type { VaultRef } from '../../src/core/object-ref.ts';
import type { Freshness, Plan, PlannedObject } from '../../src/core/plan.ts';
import type { Resolution, ResolveOptions } from '../../src/core/resolver.ts';
import { SecretBytes } from '../../src/core/secret-bytes.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createResolver, type ResolverLimits } from '../../src/resolve/resolver.ts';
import { failed, FakeBackend } from './backend.ts';
import { FakeClock } from './clock.ts';
import { plannedObject, vaultRef } from './planned-object.ts';

export const forever = new AbortController().signal;

/** A resolver over a fake store and a fake clock: fresh for 30 s, stale for an hour. */
export function resolverUnderTest(limits: Partial<ResolverLimits> = {}) {
  const clock = new FakeClock();
  const backend = new FakeBackend();
  const metrics = createMetrics();
  const lines: string[] = [];
  const resolver = createResolver({
    backends: { vault: backend },
    clock,
    metrics,
    logger: createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line) }),
    versionKey: SecretBytes.from(new Uint8Array(32)),
    limits: {
      refreshIntervalMs: 30_000,
      minRefreshIntervalMs: 0,
      staleIfErrorMs: 3_600_000,
      maxBytes: 1024 * 1024,
      ...limits,
    },
  });
  return {
    resolver,
    clock,
    backend,
    first: (plan: Plan, options: Partial<ResolveOptions> = {}) =>
      resolver.resolve(plan, { signal: forever, delivery: 'first', ...options }),
    repeat: (plan: Plan, options: Partial<ResolveOptions> = {}) =>
      resolver.resolve(plan, { signal: forever, delivery: 'repeat', ...options }),
    /** The audit lines so far. */
    audit: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    /** Look-ups in the cache so far, by result. */
    lookups: async (): Promise<Readonly<Record<string, number>>> => {
      const { values } = await metrics.cacheLookups.get();
      return Object.fromEntries(values.map(({ labels, value }) => [labels.result, value]));
    },
    /** Kept answers of a store that is out so far, by the part of the time that they had spent. */
    staleAnswers: async (): Promise<Readonly<Record<string, number>>> => {
      const { values } = await metrics.staleAnswers.get();
      return Object.fromEntries(values.map(({ labels, value }) => [labels.spent, value]));
    },
    cacheBytes: async () => (await metrics.cacheBytes.get()).values[0]?.value ?? 0,
  };
}

/** A resolver that fetched a value for the pod `web-1` 75 s ago; now the store answers `code`. */
export async function resolverWithValue(code?: ErrorCode) {
  const subject = resolverUnderTest();
  await subject.repeat(planFor(podCaller('web-1')));
  await subject.clock.advance(75_000);
  if (code) subject.backend.answer = () => failed(code);
  return subject;
}

/** A pod of `shop/web` unless told otherwise. */
export function podCaller(name: string, changes: Partial<Caller> = {}): Caller {
  return {
    kind: 'pod',
    namespace: 'shop',
    serviceAccount: 'web',
    pod: { name, uid: `uid-of-${name}` },
    tokens: new Map(),
    secrets: new Map(),
    ...changes,
  };
}

/** A plan for `caller`: the object `db-user` with the default freshness, unless told otherwise. */
export function planFor(
  caller: Caller,
  {
    objects = [plannedObject()],
    ...freshness
  }: { readonly objects?: readonly PlannedObject[] } & Partial<Freshness> = {},
): Plan {
  return { caller, objects, freshness: { staleOnFirstMount: false, ...freshness } };
}

/** The ref of another path, or another request altogether. */
export function refOf(request: Partial<VaultRef['request']>, store: Partial<VaultRef['store']> = {}): VaultRef {
  return { ...vaultRef, request: { ...vaultRef.request, ...request }, store: { ...vaultRef.store, ...store } };
}

/** What the files hold, by path; failures by name and code. */
export function contentsOf({ objects, failures }: Resolution): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...objects.map(({ path, contents }) => [path, contents.reveal().toString()]),
    ...failures.map(({ name, error }) => [name, error.code]),
  ]);
}

/** Whether a promise has an outcome once everything settled that can without I/O. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const onSettled = (): void => {
    settled = true;
  };
  promise.then(onSettled, onSettled);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return settled;
}
