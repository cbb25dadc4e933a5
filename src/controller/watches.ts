import type { ApiReader } from '../kube/client/api-client.ts';
import { resources } from '../kube/objects.ts';
import { createReflector, type Reflector, type ReflectorDeps } from '../kube/watch/reflector.ts';
import { ReflectorGroup } from '../kube/watch/reflector-group.ts';
import { type AccountObject, toAccount } from './account.ts';
import { enabled, names } from './names.ts';
import { type OwnedSecret, toOwnedSecret } from './secrets/owned-secrets.ts';
import { type ClassObject, parseClass } from './classes/parse-class.ts';
import { parseSync } from './parse-sync.ts';
import type { SyncObject } from './sync-object.ts';

/** Which namespaces the controller is responsible for; neither: all. */
export interface Scope {
  readonly namespaces?: readonly string[] | undefined;
  /** Labels of namespaces. */
  readonly namespaceSelector?: string | undefined;
}

/** Everything that is watched for the sake of Secrets. */
export interface Watches {
  readonly syncs: Reflector<SyncObject>;
  /** Those that may be synced. */
  readonly classes: Reflector<ClassObject>;
  /** Those that carry our label, without their data. */
  readonly secrets: Reflector<OwnedSecret>;
  readonly accounts: Reflector<AccountObject>;
  /** Undefined: namespaces are not selected by labels. */
  readonly namespaces: Reflector<true> | undefined;
  isSelected(namespace: string): boolean;
  /** All of them. */
  readonly group: ReflectorGroup;
}

export function createWatches(
  { namespaces: list, namespaceSelector }: Scope,
  deps: ReflectorDeps & { readonly client: Pick<ApiReader, 'list' | 'watch'> },
): Watches {
  const label = `${names.managedLabel}=${enabled}`;
  const syncs = createReflector({ resource: resources.syncs, namespaces: list, keep: parseSync }, deps);
  const classes = createReflector(
    {
      resource: resources.classes,
      namespaces: list,
      labelSelector: `${names.syncLabel}=${enabled}`,
      keep: parseClass,
    },
    deps,
  );
  const secrets = createReflector(
    {
      resource: resources.secrets,
      namespaces: list,
      labelSelector: label,
      metadataOnly: true,
      keep: toOwnedSecret,
    },
    deps,
  );
  const accounts = createReflector(
    { resource: resources.serviceAccounts, namespaces: list, metadataOnly: true, keep: toAccount },
    deps,
  );
  const namespaces =
    namespaceSelector === undefined
      ? undefined
      : createReflector(
          {
            resource: resources.namespaces,
            labelSelector: namespaceSelector,
            metadataOnly: true,
            keep: (): true => true,
          },
          deps,
        );
  return {
    syncs,
    classes,
    secrets,
    accounts,
    namespaces,
    isSelected: (namespace) => namespaces === undefined || namespaces.get(namespace) === true,
    group: new ReflectorGroup('watches', [...(namespaces ? [namespaces] : []), accounts, secrets, classes, syncs]),
  };
}
