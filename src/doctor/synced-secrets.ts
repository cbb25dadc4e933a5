import { keyOf, type KubeObject, membersOf } from '../kube/objects.ts';
import { specOf } from './describe.ts';
import type { Sight } from './sight.ts';

/** A Secret that a SecretProviderClassSync writes. */
export interface SyncedSecret {
  readonly namespace: string;
  readonly secret: string;
  /** Name of the sync. */
  readonly sync: string;
}

/** The Secrets of all that write: neither Shadow nor suspended. */
export function syncedSecrets(sight: Sight): readonly SyncedSecret[] {
  const classes = new Map(sight.objects('classes').map((each) => [keyOf(each.metadata), each]));
  return sight.objects('syncs').flatMap((sync) => {
    const { mode, suspend, secretObjects, secretProviderClassName } = specOf(sync);
    if (mode === 'Shadow' || suspend === true) return [];
    const { namespace = '', name } = sync.metadata;
    const ofClass = classes.get(keyOf({ namespace, name: String(secretProviderClassName) }));
    return namesIn(secretObjects ?? (ofClass && specOf(ofClass)['secretObjects'])).map((secret) => ({
      namespace,
      secret,
      sync: name,
    }));
  });
}

/** `secretName` of every entry of `secretObjects`. */
export function namesIn(secretObjects: unknown): readonly string[] {
  if (!Array.isArray(secretObjects)) return [];
  return secretObjects.flatMap((each) => {
    const { secretName } = membersOf(each);
    return typeof secretName === 'string' ? [secretName] : [];
  });
}

/** Those of the Secrets that `object` writes too. */
export function overlapOf(
  synced: readonly SyncedSecret[],
  object: KubeObject,
  names: readonly string[],
): readonly SyncedSecret[] {
  return synced.filter(({ namespace, secret }) => namespace === object.metadata.namespace && names.includes(secret));
}
