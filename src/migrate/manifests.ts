import { stringify } from 'yaml';

import type { MigrateOptions } from './options.ts';

/** What the objects of one translation have in common. */
export interface Place {
  readonly name: string;
  /** Empty: the manifest names none. */
  readonly namespace: string;
}

export interface SyncParts {
  readonly className: string;
  readonly serviceAccount: string;
  readonly interval: string | undefined;
  readonly credentials: string | undefined;
  readonly secretObjects: readonly object[];
}

/** A class that may be synced. */
export function classManifest(
  place: Place,
  provider: string,
  {
    parameters,
    objects,
  }: { readonly parameters: Readonly<Record<string, string>>; readonly objects: readonly object[] },
): object {
  return {
    apiVersion: 'secrets-store.csi.x-k8s.io/v1',
    kind: 'SecretProviderClass',
    metadata: { ...toMetadata(place), labels: { [syncLabel]: 'true' } },
    spec: { provider, parameters: { ...parameters, objects: stringify(objects, { lineWidth: 0 }) } },
  };
}

/** `Retain` always: what somebody else made is never deleted, and the way back needs the Secret to stay. */
export function syncManifest(place: Place, parts: SyncParts, { mode, adoption }: MigrateOptions): object {
  const { className, serviceAccount, interval, credentials, secretObjects } = parts;
  return {
    apiVersion: 'lockstep.dev/v1alpha1',
    kind: 'SecretProviderClassSync',
    metadata: toMetadata(place),
    spec: {
      secretProviderClassName: className,
      serviceAccountName: serviceAccount,
      mode,
      ...(mode === 'Sync' && { adoptionPolicy: adoption }),
      deletionPolicy: 'Retain',
      ...(interval !== undefined && { interval }),
      ...(credentials !== undefined && { credentialsSecretRef: { name: credentials } }),
      secretObjects,
    },
  };
}

export const syncLabel = 'lockstep.dev/sync';

function toMetadata({ name, namespace }: Place): object {
  return { name, ...(namespace !== '' && { namespace }) };
}
