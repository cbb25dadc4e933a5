import type { Parsed } from '../core/problem.ts';
import type { Condition } from '../kube/condition.ts';
import type { SourceSecret } from './workloads/mode.ts';
import type { RolloutSpec } from './rollout-spec.ts';
import type { RolloutStatus } from './rollout-status.ts';

/** A SecretProviderClassSync as the engine sees it. */
export interface Source {
  /** `shop/db`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly className: string;
  /** The Secrets that it keeps. */
  readonly secrets: readonly SourceSecret[];
  readonly spec: Parsed<RolloutSpec>;
  /** It carries the label `lockstep.dev/freeze`. */
  readonly isFrozen: boolean;
  /** Annotations `lockstep.dev/approve` and `lockstep.dev/resume`: a version. */
  readonly approve: string | undefined;
  readonly resume: string | undefined;
  readonly status: RolloutStatus | undefined;
  /** RolloutComplete. */
  readonly condition: Condition | undefined;
}
