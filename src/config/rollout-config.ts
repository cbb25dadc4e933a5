import type { Parsed } from '../core/problem.ts';
import { type ClusterConfig, clusterFlags, readClusterConfig } from './cluster-flags.ts';
import { isObjectName } from './kube-names.ts';
import { text, toggle } from './flag-kinds.ts';
import { configProblem, type Environment, type Flags, type FlagValues, type Given } from './flag.ts';

const { namespace, kubeconfig } = clusterFlags;

/** Flags of `lockstep rollout`. */
export const rolloutFlags = {
  namespace,
  kubeconfig,
  expect: {
    schema: text().optional(),
    value: 'VERSION',
    help: 'approve and resume: do nothing unless this is the version by now',
    group: 'Safety',
  },
  wholeNamespace: {
    schema: toggle(),
    help: 'freeze and thaw: the namespace with everything in it, in place of names',
    group: namespace.group,
  },
} satisfies Flags;

export const rolloutActions = ['approve', 'resume', 'freeze', 'thaw', 'history'] as const;

export type RolloutAction = (typeof rolloutActions)[number];

/** Everything that `lockstep rollout` is told. */
export interface RolloutConfig extends ClusterConfig, Readonly<FlagValues<typeof rolloutFlags>> {
  readonly kubeconfig: string | undefined;
  readonly action: RolloutAction;
  /** Of SecretProviderClassSyncs; empty for a whole namespace. */
  readonly names: readonly string[];
}

export function readRolloutConfig(given: Given, env: Environment, operands: readonly string[]): Parsed<RolloutConfig> {
  const read = readClusterConfig(rolloutFlags, given, env);
  if (!read.ok) return read;
  const [word = '', ...names] = operands;
  const action = rolloutActions.find((each) => each === word);
  if (action === undefined) return refuse('ACTION', word, `must be one of ${rolloutActions.join(', ')}`);
  const wrong = names.find((name) => !isObjectName(name));
  if (wrong !== undefined) return refuse('NAME', wrong, 'is no name of a SecretProviderClassSync');
  const mistake = findMistake(action, names, read.value);
  return mistake ?? { ok: true, value: Object.freeze({ ...read.value, action, names }) };
}

type Options = Pick<RolloutConfig, 'wholeNamespace' | 'expect'>;

function findMistake(
  action: RolloutAction,
  names: readonly string[],
  { wholeNamespace, expect }: Options,
): Parsed<never> | undefined {
  const isFreezing = action === 'freeze' || action === 'thaw';
  const isGate = action === 'approve' || action === 'resume';
  if (wholeNamespace && !isFreezing) return refuse('--whole-namespace', undefined, 'goes with freeze and thaw only');
  if (expect !== undefined && !isGate) return refuse('--expect', undefined, 'goes with approve and resume only');
  if (wholeNamespace && names.length > 0) return refuse('NAME', undefined, 'goes without --whole-namespace');
  if (!wholeNamespace && names.length === 0)
    return refuse('NAME', undefined, 'is missing: which SecretProviderClassSync');
  return undefined;
}

function refuse(source: string, value: unknown, message: string): Parsed<never> {
  return { ok: false, problems: [configProblem(source, value, message)] };
}
