import type { Parsed, Problem } from '../core/problem.ts';
import { controllerFlags } from './controller-flags.ts';
import { configProblem, type Environment, flagName, type FlagValues, type Given, readFlags } from './flag.ts';
import { readPod } from './pod.ts';
import type { StoreConfig } from './store-config.ts';
import { readStoreEnvironment } from './store-environment.ts';

/** Everything that a controller is told, frozen. Durations in milliseconds. */
export interface ControllerConfig extends StoreConfig, Readonly<FlagValues<typeof controllerFlags>> {
  /** In which the controller runs: its version key is there. */
  readonly namespace: string;
  readonly leaseNamespace: string;
  /** What this replica is called in the Lease. */
  readonly identity: string;
}

/** The Lease for which the replicas contend. */
export const leaseName = 'lockstep-controller';

/** Flags, store variables and who this pod is together; all mistakes at once. */
export function readControllerConfig(given: Given, env: Environment): Parsed<ControllerConfig> {
  const flags = readFlags(controllerFlags, given, env);
  const store = readStoreEnvironment(env);
  if (!flags.ok || !store.ok) {
    return { ok: false, problems: [flags, store].flatMap((read) => (read.ok ? [] : read.problems)) };
  }
  const problems = checkScope(flags.value);
  if (problems.length > 0) return { ok: false, problems };
  const { stores, ignored } = store.value;
  const { namespace, name: identity } = readPod(env);
  const leaseNamespace = flags.value.leaseNamespace ?? namespace;
  const value = { ...flags.value, stores, namespace, leaseNamespace, identity, ignoredVariables: ignored };
  return { ok: true, value: Object.freeze(value) };
}

function checkScope({ namespaces, namespaceSelector }: FlagValues<typeof controllerFlags>): readonly Problem[] {
  if (namespaces === undefined || namespaceSelector === undefined) return [];
  const other = flagName('namespaces');
  return [configProblem(flagName('namespaceSelector'), undefined, `goes without ${other}: set one of them`)];
}
