import { isDeepStrictEqual } from 'node:util';

import { clip } from '../core/clip.ts';
import type { ApiClient, CallOptions } from '../kube/client/api-client.ts';
import { type Condition, toCondition } from '../kube/condition.ts';
import type { ObjectReference } from '../kube/events/event-series.ts';
import type { EventRecorder } from '../kube/events/events.ts';
import { LastWritten } from '../kube/watch/last-written.ts';
import { apiVersionOf, resources } from '../kube/objects.ts';
import type { RolloutEvent } from './orchestrator/rollout-events.ts';
import type { RolloutMetrics } from './rollout-metrics.ts';
import type { RolloutStatus } from './rollout-status.ts';
import type { Source } from './source.ts';
import { workloadResources } from './workloads/workload-kind.ts';
import type { Workload } from './workloads/workload.ts';

export interface RolloutReportDeps {
  /** Fenced. */
  readonly client: Pick<ApiClient, 'apply'>;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly metrics: RolloutMetrics;
  /** Owns what rollouts write into a status. */
  readonly fieldManager: string;
  /** Whether that very SecretProviderClassSync still stands: of one that is gone, nothing is kept. */
  readonly isThere: (source: Pick<Source, 'key' | 'uid'>) => boolean;
}

/** What rollouts say in the status of a SecretProviderClassSync; empty: nothing. */
export interface RolloutPart {
  readonly rollout?: RolloutStatus | undefined;
  readonly condition?: Condition | undefined;
}

/** How a source stands, and the word for it in the condition. */
export interface Verdict {
  readonly rollout: RolloutStatus | undefined;
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

const conditionType = 'RolloutComplete';
const maxMessageBytes = 1024;

/** Tells what became of rollouts: status, Events, metrics. */
export class RolloutReport {
  readonly #deps: RolloutReportDeps;
  readonly #written = new LastWritten<RolloutPart>();

  constructor(deps: RolloutReportDeps) {
    this.#deps = deps;
  }

  /** The source with the status that was written last, though the watch may lag behind. */
  current(source: Source): Source {
    const written = this.#written.get(source);
    return written ? { ...source, status: written.rollout, condition: written.condition } : source;
  }

  /** The watch showed this version. */
  seen(source: Pick<Source, 'key' | 'resourceVersion'>): void {
    this.#written.seen(source);
  }

  forget(key: string): void {
    this.#written.forget(key);
    this.#deps.metrics.forget(key);
  }

  /** Others tell from now on. */
  clear(): void {
    this.#deps.metrics.clear();
  }

  /** Writes the status where it changed; undefined: rollouts have nothing to say. Throws KUBE_…. */
  async tell(source: Source, verdict: Verdict | undefined, nowMs: number, options: CallOptions): Promise<void> {
    const part = verdict ? toPart(source, verdict, nowMs) : {};
    const before: RolloutPart = { rollout: source.status, condition: source.condition };
    if (!isDeepStrictEqual(withoutAbsent(part), withoutAbsent(before))) await this.#write(source, part, options);
    // What could not be written is found again, and counts then.
    if (this.#deps.isThere(source)) this.#deps.metrics.record(source, verdict, nowMs);
  }

  /** On the SecretProviderClassSync, and on the workload that it is about. */
  announce({ namespace, name, uid }: Source, { type, reason, note, workload }: RolloutEvent): void {
    const details = { type, reason, action: 'Rollout', note };
    const { kind } = resources.syncs;
    const about = { apiVersion: apiVersionOf(resources.syncs), kind, namespace, name, uid };
    this.#deps.events.record(about, details);
    if (!workload) return;
    this.#deps.events.record(toReference(workload), details);
  }

  async #write(source: Source, { rollout, condition }: RolloutPart, options: CallOptions): Promise<void> {
    const { key, namespace, name, uid } = source;
    const status = { ...(rollout && { rollout }), ...(condition && { conditions: [condition] }) };
    const { metadata } = await this.#deps.client.apply(
      resources.syncs,
      { metadata: { namespace, name, uid }, status },
      { ...options, force: true, subresource: 'status', fieldManager: this.#deps.fieldManager },
    );
    if (this.#deps.isThere(source)) this.#written.set(key, metadata.resourceVersion, { rollout, condition });
  }
}

function toReference({ kind, namespace, name, uid }: Workload): ObjectReference {
  return { apiVersion: apiVersionOf(workloadResources[kind]), kind, namespace, name, uid };
}

function toPart({ condition, generation }: Source, verdict: Verdict, nowMs: number): RolloutPart {
  const { rollout, status, reason } = verdict;
  const message = clip(verdict.message, maxMessageBytes);
  const now = { type: conditionType, status, reason, message, observedGeneration: generation };
  return { rollout, condition: toCondition(now, condition, nowMs) };
}

/** As they are once they have been JSON. */
function withoutAbsent(part: RolloutPart): unknown {
  return JSON.parse(JSON.stringify(part));
}
