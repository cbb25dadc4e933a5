import { controllerFlags } from './controller-flags.ts';
import { daemonFlags } from './daemon-flags.ts';
import { type Environment, type Flags, type FlagValues, type Given, readFlags } from './flag.ts';
import { objectName } from './flag-kinds.ts';
import { providerFlags } from './provider-flags.ts';
import { readPod } from './pod.ts';
import type { Parsed } from '../core/problem.ts';

/** Flags of `lockstep version-key`: those of the daemons that mean the same. */
export const versionKeyFlags = {
  versionKeySecret: { ...controllerFlags.versionKeySecret, help: 'Secret that holds the key, made when it is missing' },
  kubeconfig: daemonFlags.kubeconfig,
} satisfies Flags;

/** Flags of `lockstep remove-sockets`. */
export const removeSocketsFlags = {
  providerDir: providerFlags.providerDir,
  providers: { ...providerFlags.providers, help: 'Provider names whose sockets are removed' },
  waitFor: {
    schema: objectName().optional(),
    value: 'DAEMONSET',
    help: 'Remove nothing here: wait until the pods of this DaemonSet have done so on every node',
    group: daemonFlags.kubeconfig.group,
  },
  kubeconfig: daemonFlags.kubeconfig,
} satisfies Flags;

/** The flags, and the namespace of the pod in which a Job runs them. */
export type HousekeepingConfig<F extends Flags> = Readonly<FlagValues<F>> & { readonly namespace: string };

export function readHousekeepingConfig<F extends Flags>(
  flags: F,
  given: Given,
  env: Environment,
): Parsed<HousekeepingConfig<F>> {
  const read = readFlags(flags, given, env);
  if (!read.ok) return read;
  return { ok: true, value: Object.freeze({ ...read.value, namespace: readPod(env).namespace }) };
}
