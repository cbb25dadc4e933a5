import { providerNames } from '../core/provider-names.ts';
import { isReloaderImage } from '../rollout/workloads/is-reloader.ts';
import type { KubeObject } from '../kube/objects.ts';
import { type Container, containersOf, flagOf, hostPathsOf, repositoryOf } from './containers.ts';

/** Where drivers look for the sockets of providers. */
const providerDirectories = [
  '/var/run/secrets-store-csi-providers',
  '/run/secrets-store-csi-providers',
  '/etc/kubernetes/secrets-store-csi-providers',
];

/** The container of the Secrets Store CSI driver in a DaemonSet. Undefined: it is none. */
export function driverOf(daemonSet: KubeObject): Container | undefined {
  return containersOf(daemonSet).find(
    (each) =>
      flagOf(each, 'provider-volume') !== undefined || /(^|\/)csi-secrets-store\/driver$/.test(repositoryOf(each)),
  );
}

/** The container of our provider in a DaemonSet. */
export function ownProviderOf(daemonSet: KubeObject): Container | undefined {
  return ownContainerOf(daemonSet, 'provider');
}

/** The container of our controller in a Deployment. */
export function ownControllerOf(deployment: KubeObject): Container | undefined {
  return ownContainerOf(deployment, 'controller');
}

function ownContainerOf(workload: KubeObject, subcommand: string): Container | undefined {
  return containersOf(workload).find(
    (each) => each.words.includes(subcommand) && /(^|\/)lockstep[^/]*$/.test(repositoryOf(each)),
  );
}

/** Names that our provider serves: what `--providers` says; all of them when it says nothing. */
export function providersOf(container: Container): readonly string[] {
  const list = flagOf(container, 'providers') ?? (container.environment['LOCKSTEP_PROVIDERS'] || undefined);
  return list === undefined ? providerNames : list.split(',').map((each) => each.trim());
}

/** Whether its pods have the folder of the providers' sockets, and are neither the driver nor ours. */
export function isForeignProvider(daemonSet: KubeObject): boolean {
  if (driverOf(daemonSet) !== undefined || ownProviderOf(daemonSet) !== undefined) return false;
  const paths = hostPathsOf(daemonSet).map((path) => path.replace(/\/+$/, ''));
  return paths.some((path) =>
    providerDirectories.some((directory) => path === directory || path.startsWith(`${directory}/`)),
  );
}

const knownProviders: readonly (readonly [pattern: RegExp, socket: string])[] = [
  [/vault-csi-provider$/, 'vault'],
  [/openbao-csi-provider$/, 'openbao'],
  [/secrets-store-csi-driver-provider-aws$/, 'aws'],
  [/provider-azure|azure.*provider/, 'azure'],
  [/provider-gcp|gcp.*provider/, 'gcp'],
];

/** Name of the socket that a foreign provider serves; undefined: not known. */
export function socketOf(daemonSet: KubeObject): string | undefined {
  const repositories = containersOf(daemonSet).map(repositoryOf);
  return knownProviders.find(([pattern]) => repositories.some((each) => pattern.test(each)))?.[1];
}

/** Whether one of the workload's containers is that program. */
export function runs(workload: KubeObject, program: keyof typeof programs): boolean {
  return containersOf(workload).some(programs[program]);
}

const operator = /(^|\/)external-secrets\/external-secrets$|(^|\/)external-secrets$/;

const programs = {
  reloader: ({ image }: Container) => isReloaderImage(image),
  'external-secrets': (container: Container) => operator.test(repositoryOf(container)),
} as const;
