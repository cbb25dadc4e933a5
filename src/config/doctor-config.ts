import type { Parsed } from '../core/problem.ts';
import { type ClusterConfig, clusterFlags, readClusterConfig } from './cluster-flags.ts';
import { choice } from './flag-kinds.ts';
import type { Environment, Flags, FlagValues, Given } from './flag.ts';

/** Flags of `lockstep doctor`. */
export const doctorFlags = {
  ...clusterFlags,
  output: {
    schema: choice(['table', 'json']),
    short: 'o',
    value: 'FORMAT',
    help: 'table for people, json for programs',
    group: 'Output',
    fallback: 'table',
  },
} satisfies Flags;

/** Everything that `lockstep doctor` is told. */
export interface DoctorConfig extends ClusterConfig, Readonly<FlagValues<typeof doctorFlags>> {
  readonly kubeconfig: string | undefined;
}

export function readDoctorConfig(given: Given, env: Environment): Parsed<DoctorConfig> {
  return readClusterConfig(doctorFlags, given, env);
}
