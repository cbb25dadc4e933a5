import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

import type { Parsed } from '../core/problem.ts';
import { choice, namespace, text, toggle } from './flag-kinds.ts';
import { type Environment, type Flags, type FlagValues, type Given, readFlags } from './flag.ts';

const what = 'What is shown';
const output = 'Output';

/** Flags of `lockstep status`. */
export const statusFlags = {
  namespace: {
    schema: namespace().optional(),
    short: 'n',
    value: 'NAMESPACE',
    help: 'Whose SecretProviderClassSyncs (default: the namespace of the current context)',
    group: what,
  },
  allNamespaces: { schema: toggle(), short: 'A', help: 'Those of all namespaces', group: what },
  kubeconfig: {
    schema: text().optional(),
    value: 'FILE',
    help: 'How to reach the API server (default: KUBECONFIG, else ~/.kube/config, else as the pod that this runs in)',
    group: what,
  },
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
export interface StatusConfig extends Readonly<FlagValues<typeof statusFlags>> {
  /** Where a kubeconfig may be when no flag names one. */
  readonly defaultKubeconfigs: readonly string[];
}

/** Flags, and where kubectl would look for a kubeconfig. */
export function readStatusConfig(given: Given, env: Environment): Parsed<StatusConfig> {
  const flags = readFlags(statusFlags, given, env);
  if (!flags.ok) return flags;
  return { ok: true, value: Object.freeze({ ...flags.value, defaultKubeconfigs: findKubeconfigs(env) }) };
}

/** Parity: as kubectl does it. */
function findKubeconfigs(env: Environment): readonly string[] {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(env['HOME'] || homedir(), '.kube', 'config')];
}
