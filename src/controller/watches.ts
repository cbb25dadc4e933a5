import type { ApiReader } from '../kube/api-client.ts';
import { resources } from '../kube/objects.ts';
import { createReflector, type Reflector, type ReflectorDeps } from '../kube/reflector.ts';
import type { Component } from '../platform/lifecycle.ts';
import { type AccountObject, toAccount } from './account.ts';
import { enabled, names } from './names.ts';
import { type OwnedSecret, toOwnedSecret } from './owned-secrets.ts';
import { type ClassObject, parseClass } from './parse-class.ts';
import { parseSync } from './parse-sync.ts';
import type { SyncObject } from './sync-object.ts';

/** Which namespaces the controller is responsible for; neither: all. */
export interface Scope {
  readonly namespaces?: readonly string[] | undefined;
  /** Labels of namespaces. */
  readonly namespaceSelector?: string | undefined;
}

/** Everything that is watched. */
export interface Watches extends Component {
  readonly syncs: Reflector<SyncObject>;
  /** Those that may be synced. */
  readonly classes: Reflector<ClassObject>;
  /** Those that carry our label, without their data. */
  readonly secrets: Reflector<OwnedSecret>;
  readonly accounts: Reflector<AccountObject>;
  /** Undefined: namespaces are not selected by labels. */
  readonly namespaces: Reflector<true> | undefined;
  isSelected(namespace: string): boolean;
  /** Resolves when everything was listed once, well or badly. */
  settled(signal: AbortSignal): Promise<void>;
  /** What has not been listed yet; undefined: everything has. */
  unsettled(): string | undefined;
  /** What has not been heard of for longer than any outage that would pass by itself; undefined: nothing. */
  silent(): string | undefined;
}

/** A watch notices a dead connection within minutes, and tries again for ever: after this it is stuck. */
const silenceLimitMs = 30 * 60_000;

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
  const all = [...(namespaces ? [namespaces] : []), accounts, secrets, classes, syncs];
  const end = new AbortController();
  let isSettled = false;

  async function settled(signal: AbortSignal): Promise<void> {
    await Promise.all(all.map((reflector) => reflector.settled(signal)));
    isSettled = true;
  }

  return {
    name: 'watches',
    syncs,
    classes,
    secrets,
    accounts,
    namespaces,
    isSelected: (namespace) => namespaces === undefined || namespaces.get(namespace) === true,
    settled,
    unsettled: () => (isSettled ? undefined : 'the API server has not been listed yet'),
    silent() {
      const silent = all.find((reflector) => reflector.silenceMs() > silenceLimitMs);
      return silent && `${silent.name}: nothing was heard of the API server for half an hour`;
    },
    async start(signal) {
      await Promise.all(all.map((reflector) => reflector.start(signal)));
      // Also where nobody else waits for it: a replica that stands by is ready when it knows everything.
      void settled(end.signal).catch(() => undefined);
    },
    async stop(signal) {
      end.abort();
      await Promise.all(all.map((reflector) => reflector.stop(signal)));
    },
  };
}
