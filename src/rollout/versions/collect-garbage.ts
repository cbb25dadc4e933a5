import { SecretError } from '../../core/errors.ts';
import type { ApiClient, CallOptions } from '../../kube/client/api-client.ts';
import { resources } from '../../kube/objects.ts';
import { listPages } from '../../kube/watch/paged-list.ts';
import type { Clock } from '../../platform/clock.ts';
import { rolloutNames } from '../names.ts';
import { toTime } from '../past-time.ts';
import { planSweep, type SourceState, type SourceUse, type SweepPlan } from './plan-sweep.ts';
import { collectRoots } from './roots.ts';
import { unlessRaced } from './unless-raced.ts';
import { parseVersionName, toVersionSecret, type VersionSecret, versionSelector } from './version-secret.ts';

export interface GarbageDeps {
  /** Fenced: a replica that lost the lease deletes nothing more. */
  readonly client: Pick<ApiClient, 'list' | 'patch' | 'delete'>;
  readonly clock: Pick<Clock, 'now'>;
}

export interface SweepRequest {
  readonly namespace: string;
  /**
   * Every Secret of the namespace that a SecretProviderClassSync in Pin keeps, suspended and failing ones too, by name. One that is
   * left out counts as given up.
   */
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
      /** What is left of each source, and which of it may be revoked. */
      readonly sources: ReadonlyMap<string, SourceUse>;
    }
  | { readonly outcome: 'Aborted'; readonly deleted: readonly string[]; readonly error: SecretError };

/** Per sweep. */
export const maxDeletions = 50;

/**
 * One round of mark, wait and sweep in a namespace: marks versions that nothing uses, and deletes those that an earlier round
 * has marked long enough ago and that nothing uses now either. Every list is as the API server has it at this moment, and the
 * versions come first: one that is leased afterwards has another resourceVersion, and its deletion fails. Throws only the
 * signal's reason.
 *
 * Call it as the leader, with complete watches, every ten minutes or so and not in the first ones after a start, in every
 * namespace with version Secrets (versionSelector), also where no SecretProviderClassSync is left. One round in a namespace at a
 * time. It reads all pods and templates there, page by page; it needs `list` on them all, `list`, `patch` and `delete` on Secrets.
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
    const sources = without(plan.uses, deleted);
    return { outcome: 'Swept', deleted, postponed: plan.remove.length - due.length, sources };
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof SecretError) return { outcome: 'Aborted', deleted, error };
    throw error;
  }
}

/** Somebody was faster: what was leased, changed or deleted meanwhile is for the next round. */
const races = ['KUBE_CONFLICT', 'KUBE_NOT_FOUND'] as const;

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
  const since = toTime(clock.now());
  const changes = [
    ...mark.map((version) => ({ version, since })),
    ...unmark.map((version) => ({ version, since: null })),
  ];
  for (const { version, since: value } of changes) {
    const { uid, resourceVersion } = version;
    const patch = { metadata: { uid, resourceVersion, annotations: { [rolloutNames.unreferencedSince]: value } } };
    await unlessRaced(client.patch(resources.secrets, version, patch, options), races);
  }
}

/** False: it was leased or changed meanwhile. */
async function remove(version: VersionSecret, { client }: GarbageDeps, options: CallOptions): Promise<boolean> {
  const { uid, resourceVersion } = version;
  const preconditions = { uid, resourceVersion };
  return await unlessRaced(client.delete(resources.secrets, version, { ...options, preconditions }), races);
}

function without(uses: SweepPlan['uses'], deleted: readonly string[]): ReadonlyMap<string, SourceUse> {
  const fewer = Map.groupBy(deleted, (name) => parseVersionName(name)?.source);
  const toLeft = (source: string, use: SourceUse): SourceUse => ({
    ...use,
    versions: use.versions - (fewer.get(source)?.length ?? 0),
  });
  return new Map([...uses].map(([source, use]) => [source, toLeft(source, use)]));
}
