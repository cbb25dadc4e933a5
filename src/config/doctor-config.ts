import type { Parsed } from '../core/problem.ts';
import { type ClusterConfig, clusterFlags, outputFlag, readClusterConfig } from './cluster-flags.ts';
import type { Environment, Flags, FlagValues, Given } from './flag.ts';

/** Flags of `lockstep doctor`. */
export const doctorFlags = {
  ...clusterFlags,
  ...outputFlag,
} satisfies Flags;

/** Everything that `lockstep doctor` is told. */
export interface DoctorConfig extends ClusterConfig, Readonly<FlagValues<typeof doctorFlags>> {
  readonly kubeconfig: string | undefined;
}

export function readDoctorConfig(given: Given, env: Environment): Parsed<DoctorConfig> {
  return readClusterConfig(doctorFlags, given, env);
}
