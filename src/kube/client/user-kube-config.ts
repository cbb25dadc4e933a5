import { existsSync } from 'node:fs';

import { KubeConfig } from '@kubernetes/client-node';

import { SecretError } from '../../core/errors.ts';
import { isInCluster } from './in-cluster.ts';
import { loadKubeConfig, readKubeConfig, requireContext } from './kube-config.ts';

/** Where a person's kubeconfig may be. */
export interface UserKubeConfig {
  /** Named for this call: it must be usable. */
  readonly file: string | undefined;
  /** Where it is otherwise: files that are missing do not count, and several become one. */
  readonly defaults: readonly string[];
}

/**
 * How a person reaches the API server, as with kubectl: by the file that was named, else by those of the defaults that are
 * there, else as the pod that this runs in. Throws CONFIG_INVALID.
 */
export function loadUserKubeConfig({ file, defaults }: UserKubeConfig): KubeConfig {
  if (file !== undefined) return loadKubeConfig(file);
  const files = defaults.filter((each) => existsSync(each));
  if (files.length > 0) return requireContext(merge(files), `kubeconfig ${files.join(', ')}`);
  if (isInCluster()) return loadKubeConfig(undefined);
  const tried = defaults.join(', ');
  throw new SecretError(
    'CONFIG_INVALID',
    `no kubeconfig is there (${tried}); name one with --kubeconfig or KUBECONFIG`,
  );
}

/** The namespace of the current context. */
export function currentNamespace(config: KubeConfig): string {
  return config.getContextObject(config.currentContext)?.namespace || 'default';
}

/** Parity: as kubectl merges them, the first file that says something wins. */
function merge(files: readonly string[]): KubeConfig {
  const merged = new KubeConfig();
  for (const config of files.map((file) => readKubeConfig(file, 'kubeconfig'))) {
    merged.clusters = mergeByName(merged.clusters, config.clusters);
    merged.users = mergeByName(merged.users, config.users);
    merged.contexts = mergeByName(merged.contexts, config.contexts);
    merged.currentContext ||= config.currentContext;
  }
  return merged;
}

function mergeByName<T extends { readonly name: string }>(known: readonly T[], more: readonly T[]): T[] {
  const names = new Set(known.map(({ name }) => name));
  return [...known, ...more.filter(({ name }) => !names.has(name))];
}
