import type { Parsed } from '../core/problem.ts';
import { type ClusterConfig, clusterFlags, readClusterConfig } from './cluster-flags.ts';
import { choice, toggle } from './flag-kinds.ts';
import type { Environment, Flags, FlagValues, Given } from './flag.ts';

const output = 'Output';

/** Flags of `lockstep status`. */
export const statusFlags = {
  ...clusterFlags,
  output: {
    schema: choice(['table', 'json']),
    short: 'o',
    value: 'FORMAT',
    help: 'table for people, json for programs',
    group: output,
    fallback: 'table',
  },
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
