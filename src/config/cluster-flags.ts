import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

import type { Parsed } from '../core/problem.ts';
import { choice, namespace, text, toggle } from './flag-kinds.ts';
import { type Environment, type Flags, type FlagValues, type Given, readFlags } from './flag.ts';

const what = 'What is looked at';

/** Flags of the commands with which people look at a cluster. */
export const clusterFlags = {
  namespace: {
    schema: namespace().optional(),
    short: 'n',
    value: 'NAMESPACE',
    help: 'Which namespace (default: the one of the current context)',
    group: what,
  },
  allNamespaces: { schema: toggle(), short: 'A', help: 'All namespaces', group: what },
  kubeconfig: {
    schema: text().optional(),
    value: 'FILE',
    help: 'How to reach the API server (default: KUBECONFIG, else ~/.kube/config, else as the pod that this runs in)',
    group: what,
  },
} satisfies Flags;

/** In which form a result is printed. */
export const outputFlag = {
  output: {
    schema: choice(['table', 'json']),
    short: 'o',
    value: 'FORMAT',
    help: 'table for people, json for programs',
    group: 'Output',
    fallback: 'table',
  },
} satisfies Flags;

/** How to reach the API server. */
export interface ClusterConfig {
  readonly kubeconfig: string | undefined;
  /** Where a kubeconfig may be when no flag names one. */
  readonly defaultKubeconfigs: readonly string[];
}

/** Flags, and where kubectl would look for a kubeconfig. */
export function readClusterConfig<F extends Flags>(
  flags: F,
  given: Given,
  env: Environment,
): Parsed<Readonly<FlagValues<F>> & Pick<ClusterConfig, 'defaultKubeconfigs'>> {
  const read = readFlags(flags, given, env);
  if (!read.ok) return read;
  return { ok: true, value: Object.freeze({ ...read.value, defaultKubeconfigs: findKubeconfigs(env) }) };
}

/** Parity: as kubectl does it. */
function findKubeconfigs(env: Environment): readonly string[] {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(env['HOME'] || homedir(), '.kube', 'config')];
}
