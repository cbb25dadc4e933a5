import { existsSync } from 'node:fs';

import { KubeConfig } from '@kubernetes/client-node';

import { SecretError } from '../../core/errors.ts';
import { isInCluster, podTokenFile } from './in-cluster.ts';

/**
 * How to reach the API server: the kubeconfig file, or without one the identity of the pod that this runs in. Reads files
 * once, at the start. Throws CONFIG_INVALID.
 */
export function loadKubeConfig(file: string | undefined): KubeConfig {
  if (file !== undefined) return requireContext(readKubeConfig(file, '--kubeconfig'), `--kubeconfig ${file}: the file`);
  if (!isInCluster()) {
    const reason = `this is no pod with a service account (${podTokenFile} is missing)`;
    throw new SecretError('CONFIG_INVALID', `${reason}; name a kubeconfig with --kubeconfig`);
  }
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
}

/** One file, of which `source` says who named it. Throws CONFIG_INVALID. */
export function readKubeConfig(file: string, source: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
    return config;
  } catch {
    // The parser's own words may quote the file, and with it credentials: not even for the log.
    const reason = existsSync(file) ? 'is no kubeconfig' : 'does not exist';
    throw new SecretError('CONFIG_INVALID', `${source} ${file}: the file ${reason}`);
  }
}

/** Throws CONFIG_INVALID for a configuration that leaves open which cluster is meant; `name` is what it is called. */
export function requireContext(config: KubeConfig, name: string): KubeConfig {
  if (config.getCurrentCluster() !== null) return config;
  throw new SecretError('CONFIG_INVALID', `${name} has no current context; set current-context`);
}
