import type { CallOptions } from '../kube/api-client.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import { collectGarbage, type GarbageDeps } from './collect-garbage.ts';
import type { SourceState, SourceUse } from './plan-sweep.ts';
import type { Source } from './source.ts';

export interface SweeperDeps extends GarbageDeps {
  /** The SecretProviderClassSyncs of a namespace, suspended and failing ones too. */
  readonly sourcesIn: (namespace: string) => readonly Source[];
  /** Name of the version that holds a Secret's content now, by the status of its SecretProviderClassSync. */
  readonly currentOf: (source: Source, secret: string) => string | undefined;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'rolloutOldVersions'>;
}

/** Deletes versions that nothing uses, and knows which are used. */
export class Sweeper {
  readonly #deps: SweeperDeps;
  /** By namespace and name of the Secret. */
  readonly #uses = new Map<string, ReadonlyMap<string, SourceUse>>();
  readonly #old = new Map<string, number>();

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
  }

  /** One round in a namespace. Throws what made it stop: KUBE_…, NOT_LEADER and the signal's reason. */
  async sweep(namespace: string, options: CallOptions): Promise<void> {
    const sources = new Map<string, SourceState>();
    for (const source of this.#deps.sourcesIn(namespace)) this.#add(source, sources);
    const report = await collectGarbage({ namespace, sources }, this.#deps, options);
    if (report.deleted.length > 0) {
      this.#deps.logger.info({ namespace, versions: report.deleted }, 'versions of Secrets deleted');
    }
    if (report.outcome === 'Aborted') throw report.error;
    this.#uses.set(namespace, report.sources);
    const old = [...report.sources].filter(([name, use]) => isOld(use, sources.get(name)?.current)).length;
    this.#deps.metrics.rolloutOldVersions.inc(old - (this.#old.get(namespace) ?? 0));
    this.#old.set(namespace, old);
  }

  /** Name of the oldest version that something uses; `Unknown`: a pod reads the stable Secret. Undefined: none, or not known yet. */
  oldestInUse({ namespace, secrets }: Source): string | undefined {
    const uses = secrets.flatMap(({ name }) => this.#uses.get(namespace)?.get(name)?.oldestInUse ?? []);
    if (uses.some(({ kind }) => kind === 'Unknown')) return 'Unknown';
    const found = uses.flatMap((use) => (use.kind === 'Oldest' ? use : []));
    return found.toSorted((a, b) => (a.sinceMs ?? 0) - (b.sinceMs ?? 0))[0]?.name;
  }

  #add(source: Source, sources: Map<string, SourceState>): void {
    const { spec, secrets } = source;
    const retention = spec.ok ? spec.value.retention : 'History';
    for (const { name } of secrets) {
      const current = this.#deps.currentOf(source, name);
      const isPinned = (spec.ok && spec.value.mode === 'Pin') || current !== undefined;
      if (isPinned) sources.set(name, { retention, current });
    }
  }
}

function isOld({ oldestInUse }: SourceUse, current: string | undefined): boolean {
  return oldestInUse.kind === 'Unknown' || (oldestInUse.kind === 'Oldest' && oldestInUse.name !== current);
}
