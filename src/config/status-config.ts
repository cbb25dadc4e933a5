import type { Parsed } from '../core/problem.ts';
import { type ClusterConfig, clusterFlags, outputFlag, readClusterConfig } from './cluster-flags.ts';
import { toggle } from './flag-kinds.ts';
import type { Environment, Flags, FlagValues, Given } from './flag.ts';

const { group: output } = outputFlag.output;

/** Flags of `lockstep status`. */
export const statusFlags = {
  ...clusterFlags,
  ...outputFlag,
  watch: { schema: toggle(), short: 'w', help: 'Go on until a signal, with a line for every change', group: output },
  exitCode: { schema: toggle(), help: 'End with 1 unless all of them are ready or suspended', group: output },
} satisfies Flags;

/** Everything that `lockstep status` is told. */
export interface StatusConfig extends ClusterConfig, Readonly<FlagValues<typeof statusFlags>> {
  readonly kubeconfig: string | undefined;
}

export function readStatusConfig(given: Given, env: Environment): Parsed<StatusConfig> {
  return readClusterConfig(statusFlags, given, env);
}
