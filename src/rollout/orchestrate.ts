import type { Decision, Patch } from './decide.ts';
import type { PodFailure } from './pod-health.ts';
import type { RolloutSpec } from './rollout-spec.ts';
import type { RolloutStatus } from './rollout-status.ts';
import type { Workload } from './workload.ts';

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
  /** By source; one for each source with which `decideWorkload` was asked. */
  readonly decisions: ReadonlyMap<string, Decision>;
  /** It, or its namespace. */
  readonly isFrozen: boolean;
  /** How many ReplicaSets or ControllerRevisions it has; undefined: not looked at. */
  readonly revisions: number | undefined;
  /** Undefined: none was found, or its pods were not looked at. */
  readonly podFailure: PodFailure | undefined;
}

/** A patch to send. */
export interface Start {
  readonly workload: Workload;
  /** By source: what is written for it, and the ledger once it has been. */
  readonly patches: ReadonlyMap<string, Patch>;
}

export interface NamespacePlan {
  readonly starts: readonly Start[];
  /** By source, if every start succeeds; `afterStarts` has what came of them. */
  readonly statuses: ReadonlyMap<string, RolloutStatus>;
  readonly events: readonly RolloutEvent[];
  /** Keys of the workloads that count against the bound of the cluster. */
  readonly inFlight: readonly string[];
  /** Keys of the workloads whose pods and number of revisions must be looked at for the next plan. */
  readonly watched: readonly string[];
  /** When time alone changes the plan, in milliseconds since the epoch; undefined: never. */
  readonly wakeAt: number | undefined;
}

export interface RolloutEvent {
  readonly source: string;
  /** Undefined: it is about the source. */
  readonly workload?: Workload;
  readonly type: 'Normal' | 'Warning';
  readonly reason:
    | 'RolloutStarted'
    | 'RolloutHalted'
    | 'RolloutHeld'
    | 'RolloutCompleted'
    | 'RolloutFailed'
    | 'SecretChanged'
    | 'RolloutConflict';
  readonly note: string;
}

/** What is to be done now. A function of what is there: asked again, after whatever happened, it goes on where things stand. */
export function orchestrate(view: NamespaceView): NamespacePlan {
  return {
    starts: [],
    statuses: new Map(view.sources.flatMap(({ key, status }) => (status ? [[key, status]] : []))),
    events: [],
    inFlight: [],
    watched: [],
    wakeAt: undefined,
  };
}

/**
 * The same after the patches were sent: `generations` has, by workload, the generation that the API server answered. A start
 * that is not among them has failed, and nothing of it is recorded.
 */
export function afterStarts(view: NamespaceView, generations: ReadonlyMap<string, number>): NamespacePlan {
  void generations;
  return orchestrate(view);
}
