import type { SecretError } from '../../core/errors.ts';
import { keyOf, type KubeObject, namespaceOf, resources } from '../../kube/objects.ts';
import { ReflectorGroup } from '../../kube/watch/reflector-group.ts';
import { createReflector, type Reflector, type ReflectorDeps } from '../../kube/watch/reflector.ts';
import type { Logger } from '../../platform/logger.ts';
import { isReloader } from './is-reloader.ts';
import { isFrozen } from './mode-label.ts';
import { rolloutNames } from '../names.ts';
import { versionSelector } from '../versions/version-secret.ts';
import { type WorkloadKind, workloadResources } from './workload-kind.ts';
import { toWorkload, type Workload } from './workload.ts';

/** A workload that came, changed or went. */
export interface WorkloadChange {
  readonly namespace: string;
  readonly previous: Workload | undefined;
  readonly current: Workload | undefined;
}

/** Everything that is watched for the sake of rollouts. In memory are only workloads that a Secret can concern. */
export interface WorkloadWatches {
  in(namespace: string): readonly Workload[];
  /** Whether a workload there carries the label `lockstep.dev/rollout: pin`. */
  hasPinLabel(namespace: string): boolean;
  /** Whether the namespace carries the label `lockstep.dev/freeze`. */
  isFrozen(namespace: string): boolean;
  /** Why the workloads of a namespace, or its label, are not known; undefined: they are. */
  problem(namespace: string): SecretError | undefined;
  onWorkload(listener: (change: WorkloadChange) => void): void;
  onFreeze(listener: (namespace: string) => void): void;
  /** A version of a Secret came. */
  onVersion(listener: (namespace: string) => void): void;
  /** A version of a Secret went. */
  onVersionGone(listener: (version: { readonly namespace: string; readonly name: string }) => void): void;
  /** Whether there are versions of Secrets in a namespace. */
  hasVersions(namespace: string): boolean;
  /** Namespaces with versions of Secrets. */
  versionNamespaces(): ReadonlySet<string>;
  readonly group: ReflectorGroup;
}

/** `namespaces` undefined: all. */
export function createWorkloadWatches(
  { namespaces }: { readonly namespaces?: readonly string[] | undefined },
  deps: ReflectorDeps,
): WorkloadWatches {
  const warn = warnOfReloader(deps.logger);
  const watch = (kind: WorkloadKind): Reflector<Workload> =>
    createReflector(
      {
        resource: workloadResources[kind],
        namespaces,
        keep(object) {
          if (kind === 'Deployment' && isReloader(object)) warn(object);
          return toWorkload(kind, object);
        },
      },
      deps,
    );
  const kinds = [watch('Deployment'), watch('StatefulSet'), watch('DaemonSet'), watch('CronJob')];
  const frozen = createReflector(
    {
      resource: resources.namespaces,
      labelSelector: rolloutNames.freeze,
      metadataOnly: true,
      keep: ({ metadata }) => isFrozen(metadata.labels) || undefined,
    },
    deps,
  );
  const versions = createReflector(
    {
      resource: resources.secrets,
      namespaces,
      labelSelector: versionSelector,
      metadataOnly: true,
      keep: (): true => true,
    },
    deps,
  );
  const pinned = new Map<string, number>();
  const countPin = (namespace: string, change: number): void => {
    const count = (pinned.get(namespace) ?? 0) + change;
    if (count > 0) pinned.set(namespace, count);
    else pinned.delete(namespace);
  };
  for (const kind of kinds) {
    kind.onChange(({ key, previous, current }) => {
      const change = Number(current?.mode === 'Pin') - Number(previous?.mode === 'Pin');
      if (change !== 0) countPin(namespaceOf(key), change);
    });
  }
  return {
    hasPinLabel: (namespace) => pinned.has(namespace),
    in: (namespace) => kinds.flatMap((kind) => [...kind.entries(namespace)].map(([, workload]) => workload)),
    isFrozen: (namespace) => frozen.get(namespace) === true,
    problem: (namespace) =>
      kinds.map((kind) => kind.problem(namespace)).find((problem) => problem !== undefined) ?? frozen.problem(''),
    onWorkload(listener) {
      for (const kind of kinds) {
        kind.onChange(({ key, previous, current }) => listener({ namespace: namespaceOf(key), previous, current }));
      }
    },
    onFreeze: (listener) => frozen.onChange(({ key }) => listener(key)),
    onVersion: (listener) =>
      versions.onChange(({ key, current }) => {
        if (current) listener(namespaceOf(key));
      }),
    onVersionGone: (listener) =>
      versions.onChange(({ key, current }) => {
        const namespace = namespaceOf(key);
        if (!current) listener({ namespace, name: key.slice(namespace.length + 1) });
      }),
    hasVersions: (namespace) => versions.entries(namespace)[Symbol.iterator]().next().done !== true,
    versionNamespaces: () => new Set([...versions.entries()].map(([key]) => namespaceOf(key))),
    group: new ReflectorGroup('watches of workloads', [...kinds, frozen, versions]),
  };
}

/** Once for each: it may run beside us, for workloads that we leave alone. */
function warnOfReloader(logger: Logger): (deployment: KubeObject) => void {
  const known = new Set<string>();
  return ({ metadata }) => {
    const key = keyOf(metadata);
    if (known.has(key)) return;
    known.add(key);
    const reason =
      'Reloader runs here and may restart the same workloads again; take its annotations off those that lockstep rolls out ' +
      '(lockstep doctor names them)';
    logger.warn({ reloader: key, reason }, 'another tool restarts workloads');
  };
}
