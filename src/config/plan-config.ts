import type { Parsed } from '../core/problem.ts';
import { type ClusterConfig, clusterFlags, outputFlag, readClusterConfig } from './cluster-flags.ts';
import { controllerFlags } from './controller-flags.ts';
import type { Environment, Flags, FlagValues, Given } from './flag.ts';

/** Flags of `lockstep plan`. */
export const planFlags = {
  ...clusterFlags,
  reloaderAnnotations: { ...controllerFlags.reloaderAnnotations, help: 'As the controller was told' },
  ...outputFlag,
} satisfies Flags;

/** Everything that `lockstep plan` is told. */
export interface PlanConfig extends ClusterConfig, Readonly<FlagValues<typeof planFlags>> {
  readonly kubeconfig: string | undefined;
}

export function readPlanConfig(given: Given, env: Environment): Parsed<PlanConfig> {
  return readClusterConfig(planFlags, given, env);
}
