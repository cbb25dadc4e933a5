import { existsSync } from 'node:fs';

import { KubeConfig } from '@kubernetes/client-node';

import { SecretError } from '../core/errors.ts';
import { isInCluster, podTokenFile } from './in-cluster.ts';

/**
 * How to reach the API server: the kubeconfig file, or without one the identity of the pod that this runs in. Reads files
 * once, at the start. Throws CONFIG_INVALID.
 */
export function loadKubeConfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (file !== undefined) {
    loadFile(config, file);
  } else if (isInCluster()) {
    config.loadFromCluster();
  } else {
    const reason = `this is no pod with a service account (${podTokenFile} is missing)`;
    throw new SecretError('CONFIG_INVALID', `${reason}; name a kubeconfig with --kubeconfig`);
  }
  return config;
}

function loadFile(config: KubeConfig, file: string): void {
  const invalid = (reason: string): SecretError =>
    new SecretError('CONFIG_INVALID', `--kubeconfig ${file}: the file ${reason}`);
  try {
    config.loadFromFile(file);
  } catch {
    // The parser's own words may quote the file, and with it credentials: not even for the log.
    throw invalid(existsSync(file) ? 'is no kubeconfig' : 'does not exist');
  }
  if (config.getCurrentCluster() === null) throw invalid('has no current context; set current-context');
}
