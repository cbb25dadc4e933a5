import type { Decision } from '../decide.ts';
import type { PodFailure } from '../workloads/pod-health.ts';
import type { RolloutSpec } from '../rollout-spec.ts';
import type { RolloutStatus } from '../rollout-status.ts';
import type { Workload } from '../workloads/workload.ts';

/** Everything about the rollouts of one namespace. */
export interface NamespaceView {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How many workloads of this namespace may be in flight, for the sake of the cluster. */
  readonly freeSlots: number;
  readonly sources: readonly SourceView[];
  readonly workloads: readonly WorkloadView[];
}

/** A SecretProviderClassSync. */
export interface SourceView {
  /** `shop/db`. */
  readonly key: string;
  readonly spec: RolloutSpec;
  /** Of the content of all its Secrets; undefined: not known at present. */
  readonly version: string | undefined;
  /** It, or its namespace. */
  readonly isFrozen: boolean;
  /** Annotations `lockstep.dev/approve` and `lockstep.dev/resume`: a version. */
  readonly approve: string | undefined;
  readonly resume: string | undefined;
  readonly status: RolloutStatus | undefined;
}

export interface WorkloadView {
  readonly workload: Workload;
  /** By source: what `decideWorkload` says. A source that is left out has nothing to do with it any more. */
  readonly decisions: ReadonlyMap<string, Decision>;
  /** It, or its namespace. */
  readonly isFrozen: boolean;
  /**
   * How many ReplicaSets or ControllerRevisions it has; undefined: not looked at, and a workload that is not healthy is not
   * started before it was.
   */
  readonly revisions: number | undefined;
  /** Undefined: none was found, or its pods were not looked at. */
  readonly podFailure: PodFailure | undefined;
}
