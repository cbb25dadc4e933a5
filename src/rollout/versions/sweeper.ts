import type { CallOptions } from '../../kube/client/api-client.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { collectGarbage, type GarbageDeps } from './collect-garbage.ts';
import type { OldestInUse, SourceState, SourceUse } from './plan-sweep.ts';
import type { OldestVersion } from '../rollout-status.ts';
import type { Source } from '../source.ts';

export interface SweeperDeps extends GarbageDeps {
  /** Secrets of a namespace that may have versions, by name; see SweepRequest. Throws KUBE_… when that is not known. */
  readonly statesIn: (namespace: string) => ReadonlyMap<string, SourceState>;
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
    const sources = this.#deps.statesIn(namespace);
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

  /** Of the Secrets of a source, by the last sweep. Undefined: there was none yet. */
  oldestInUse({ namespace, secrets }: Pick<Source, 'namespace' | 'secrets'>): readonly OldestVersion[] | undefined {
    const swept = this.#uses.get(namespace);
    if (!swept) return undefined;
    return secrets.flatMap(({ name: secret }) => {
      const version = nameOf(swept.get(secret)?.oldestInUse);
      return version === undefined ? [] : [{ secret, version }];
    });
  }

  /** Others sweep from now on. */
  clear(): void {
    this.#uses.clear();
    for (const count of this.#old.values()) this.#deps.metrics.rolloutOldVersions.dec(count);
    this.#old.clear();
  }
}

function nameOf(oldest: OldestInUse | undefined): string | undefined {
  switch (oldest?.kind) {
    case 'Oldest':
      return oldest.name;
    case 'Unknown':
      return 'Unknown';
    case 'None':
    case undefined:
      return undefined;
  }
}

function isOld({ oldestInUse }: SourceUse, current: string | undefined): boolean {
  return oldestInUse.kind === 'Unknown' || (oldestInUse.kind === 'Oldest' && oldestInUse.name !== current);
}
