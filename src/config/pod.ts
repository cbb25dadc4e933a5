import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

import type { Environment } from './flag.ts';

/** The pod in which a daemon runs, or what takes its place on a laptop. */
export interface Pod {
  readonly namespace: string;
  /** Nobody else bears it at the same time. */
  readonly name: string;
}

/** Where a pod with a service account finds its namespace. */
const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/**
 * POD_NAMESPACE and POD_NAME, by the downward API; without them the namespace that comes with the service account, else
 * `default`, and host and process in place of the name.
 */
export function readPod(env: Environment, file = namespaceFile): Pod {
  return {
    namespace: env['POD_NAMESPACE'] || readNamespace(file) || 'default',
    name: env['POD_NAME'] || `${hostname()}-${process.pid}`,
  };
}

function readNamespace(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // No pod, or one without a service account.
    return '';
  }
}
