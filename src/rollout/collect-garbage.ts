import { SecretError } from '../core/errors.ts';
import type { ApiClient, CallOptions } from '../kube/api-client.ts';
import { resources } from '../kube/objects.ts';
import { listPages } from '../kube/paged-list.ts';
import type { Clock } from '../platform/clock.ts';
import { rolloutNames } from './names.ts';
import { planSweep, type SourceState, type SweepPlan, type VersionUse } from './plan-sweep.ts';
import { collectRoots } from './roots.ts';
import { toTimeText, toVersionSecret, type VersionSecret, versionSelector } from './version-secret.ts';

export interface GarbageDeps {
  /** Fenced: a replica that lost the lease deletes nothing more. */
  readonly client: Pick<ApiClient, 'list' | 'patch' | 'delete'>;
  readonly clock: Pick<Clock, 'now'>;
}

export interface SweepRequest {
  readonly namespace: string;
  /** The synced Secrets of the namespace that have versions, by name. */
  readonly sources: ReadonlyMap<string, SourceState>;
  /** So that no mistake deletes much at once; the rest waits for the next sweep. `maxDeletions` unless given. */
  readonly maxDeletions?: number;
}

/** `Aborted`: something could not be listed or written, and what is not deleted stays. */
export type SweepReport =
  | {
      readonly outcome: 'Swept';
      /** Names. */
      readonly deleted: readonly string[];
      /** Versions that the next sweep may delete at once. */
      readonly postponed: number;
      /** The safe-to-revoke signal, by source. */
      readonly uses: ReadonlyMap<string, VersionUse>;
    }
  | { readonly outcome: 'Aborted'; readonly deleted: readonly string[]; readonly error: SecretError };

/** Per sweep. */
export const maxDeletions = 50;

/**
 * One round of mark, wait and sweep in a namespace: marks versions that nothing uses, and deletes those that an earlier round
 * has marked long enough ago and that nothing uses now either. Every list is as the API server has it at this moment, and the
 * versions come first: one that is leased afterwards has another resourceVersion, and its deletion fails. Throws only the
 * signal's reason.
 */
export async function collectGarbage(
  request: SweepRequest,
  deps: GarbageDeps,
  options: CallOptions,
): Promise<SweepReport> {
  const deleted: string[] = [];
  try {
    const plan = await planRound(request, deps, options);
    await markAll(plan, deps, options);
    const due = plan.remove.slice(0, request.maxDeletions ?? maxDeletions);
    for (const version of due) if (await remove(version, deps, options)) deleted.push(version.name);
    return { outcome: 'Swept', deleted, postponed: plan.remove.length - due.length, uses: plan.uses };
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof SecretError) return { outcome: 'Aborted', deleted, error };
    throw error;
  }
}

async function planRound(
  { namespace, sources }: SweepRequest,
  { client, clock }: GarbageDeps,
  options: CallOptions,
): Promise<SweepPlan> {
  const versions: VersionSecret[] = [];
  const scope = { resource: resources.secrets, namespace, labelSelector: versionSelector, metadataOnly: true };
  await listPages(client, scope, {
    ...options,
    onPage: (items) => void versions.push(...items.flatMap((item) => toVersionSecret(item) ?? [])),
  });
  const names = {
    versions: new Set(versions.map(({ name }) => name)),
    sources: new Set([...sources.keys(), ...versions.map(({ source }) => source)]),
  };
  // Where there is nothing to keep or to know, thousands of pods need not be read.
  const roots = names.sources.size === 0 ? noRoots : await collectRoots(client, { namespace, ...names }, options);
  return planSweep({ versions, roots, sources, nowMs: clock.now() });
}

const noRoots = { live: new Set<string>(), history: new Set<string>(), unpinned: new Set<string>() };

async function markAll({ mark, unmark }: SweepPlan, { client, clock }: GarbageDeps, options: CallOptions) {
  const since = toTimeText(clock.now());
  const changes = [
    ...mark.map((version) => ({ version, since })),
    ...unmark.map((version) => ({ version, since: null })),
  ];
  for (const { version, since: value } of changes) {
    const { uid, resourceVersion } = version;
    const patch = { metadata: { uid, resourceVersion, annotations: { [rolloutNames.unreferencedSince]: value } } };
    await unlessChanged(client.patch(resources.secrets, version, patch, options));
  }
}

/** False: it was leased or changed meanwhile. */
async function remove(version: VersionSecret, { client }: GarbageDeps, options: CallOptions): Promise<boolean> {
  const { uid, resourceVersion } = version;
  const preconditions = { uid, resourceVersion };
  return await unlessChanged(client.delete(resources.secrets, version, { ...options, preconditions }));
}

/** What somebody else has changed or deleted is for the next sweep. */
async function unlessChanged(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof SecretError && (error.code === 'KUBE_CONFLICT' || error.code === 'KUBE_NOT_FOUND'))
      return false;
    throw error;
  }
}
