import { existsSync } from 'node:fs';

/** Where a pod finds the credentials of its own service account. */
export const podTokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Whether this runs in a pod that may talk to the API server. Loads no client. */
export function isInCluster(): boolean {
  return existsSync(podTokenFile);
}
