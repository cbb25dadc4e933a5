import type { SecretBytes } from '../core/secret-bytes.ts';
import type { ApiClient, CallOptions } from '../kube/client/api-client.ts';
import type { EventRecorder } from '../kube/events/events.ts';
import { namespaceOf, type ObjectKey } from '../kube/objects.ts';
import type { Reflector } from '../kube/watch/reflector.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import { Contents } from '../rollout/versions/contents.ts';
import { RolloutEngine } from '../rollout/engine.ts';
import { PinSupportCache } from '../rollout/versions/pin-support-cache.ts';
import { RolloutMetrics } from '../rollout/rollout-metrics.ts';
import { RolloutReport } from '../rollout/rollout-report.ts';
import { Sweeper } from '../rollout/versions/sweeper.ts';
import { RolloutSlots } from '../rollout/slots.ts';
import type { Source } from '../rollout/source.ts';
import { VersionKeeper } from '../rollout/versions/version-keeper.ts';
import { createVersionSecrets } from '../rollout/versions/version-secrets.ts';
import type { WorkloadWatches } from '../rollout/workloads/workload-watches.ts';
import type { ClassObject } from './classes/parse-class.ts';
import { toFormerSource, toSource } from './rollout-source.ts';
import type { SyncObject } from './sync-object.ts';
import { versionStates } from './version-states.ts';
import type { Next } from './queue/workers.ts';

export interface RolloutsDeps {
  /** Fenced. */
  readonly client: ApiClient;
  readonly syncs: Reflector<SyncObject>;
  readonly classes: Pick<Reflector<ClassObject>, 'get' | 'onChange'>;
  /** Undefined: namespaces are not selected by labels. */
  readonly namespaces: Pick<Reflector<true>, 'onChange'> | undefined;
  readonly isSelected: (namespace: string) => boolean;
  readonly workloads: WorkloadWatches;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly versionKey: SecretBytes;
  /** A namespace is to be passed over, after so many milliseconds. */
  readonly enqueue: (namespace: string, delayMs: number) => void;
  /** Versions of Secrets in a namespace are to be swept, after so many milliseconds. */
  readonly enqueueSweep: (namespace: string, delayMs: number) => void;
  /** A sync is to be looked at, so that its version is kept. */
  readonly enqueueSync: (sync: ObjectKey) => void;
  readonly options: RolloutsOptions;
}

export interface RolloutsOptions {
  /** Workloads of the cluster that roll out at a time. */
  readonly maxConcurrent: number;
  /** Owns the annotations of pod templates, and what rollouts write into a status. */
  readonly fieldManager: string;
  /** Whether Reloader's annotations count. */
  readonly understandsReloader: boolean;
}

/** The part of the loop that rolls out. */
export interface Rollouts {
  readonly versions: VersionKeeper;
  /** One pass over a namespace. */
  pass(namespace: string, options: CallOptions): Promise<Next>;
  /** Removes versions that nothing uses in a namespace. */
  sweep(namespace: string, options: CallOptions): Promise<Next>;
  /** A term begins. */
  begin(): void;
  /** It is over. */
  end(): void;
}

/** What happens together is looked at together. */
const quietMs = 500;
/** Also before the first sweep of a term: by then everything is known. */
const sweepEveryMs = 10 * 60_000;

export function createRollouts(deps: RolloutsDeps): Rollouts {
  const { syncs, workloads, metrics, options } = deps;
  const contents = new Contents();
  const slots = new RolloutSlots(options.maxConcurrent);
  const report = new RolloutReport({
    ...deps,
    ...options,
    metrics: new RolloutMetrics(metrics),
    isThere: ({ key, uid }) => syncs.get(key)?.uid === uid,
  });
  const soon = (namespace: string): void => deps.enqueue(namespace, quietMs);
  const sweeper = new Sweeper({ ...deps, statesIn: (namespace) => versionStates(namespace, deps) });
  const engine = new RolloutEngine({
    ...deps,
    contents,
    report,
    slots,
    sourcesIn: (namespace) => sourcesIn(namespace, deps),
    pinSupport: new PinSupportCache(deps).get,
    onFree: (namespaces) => namespaces.forEach(soon),
    onUnkept: deps.enqueueSync,
    oldestInUse: (source) => sweeper.oldestInUse(source),
  });
  const versions = new VersionKeeper({
    ...deps,
    contents,
    versions: createVersionSecrets(deps),
    isPinned: (sync) => isPinned(sync, deps),
    onChange: (sync) => soon(namespaceOf(sync)),
  });

  const forget = (sync: ObjectKey): void => {
    report.forget(sync);
    contents.forgetSync(sync);
  };

  workloads.onWorkload(({ namespace }) => soon(namespace));
  workloads.onFreeze(soon);
  workloads.onVersion((namespace) => deps.enqueueSweep(namespace, sweepEveryMs));
  workloads.onVersionGone((version) => {
    if (contents.loseVersion(version) !== undefined) soon(version.namespace);
  });
  deps.classes.onChange(({ key }) => soon(namespaceOf(key)));
  deps.namespaces?.onChange(({ key: namespace, current }) => {
    if (current === undefined) {
      // Others may write there from now on.
      for (const [sync] of syncs.entries(namespace)) forget(sync);
    } else if (workloads.hasVersions(namespace)) deps.enqueueSweep(namespace, sweepEveryMs);
    soon(namespace);
  });
  syncs.onChange(({ key, previous, current }) => {
    if (current) report.seen(current);
    else forget(key);
    if (!current || !previous || isOther(previous, current)) soon(namespaceOf(key));
  });

  return {
    versions,
    async pass(namespace, callOptions) {
      const delayMs = await engine.run(namespace, callOptions);
      return delayMs === undefined ? { kind: 'done' } : { kind: 'again', rank: 'refresh', delayMs };
    },
    async sweep(namespace, callOptions) {
      // Whoever is responsible there knows which are of use.
      if (!deps.isSelected(namespace)) return { kind: 'done' };
      await sweeper.sweep(namespace, callOptions);
      soon(namespace);
      if (!workloads.hasVersions(namespace)) return { kind: 'done' };
      return { kind: 'again', rank: 'refresh', delayMs: sweepEveryMs };
    },
    begin() {
      const inFlight = new Map<string, number>();
      for (const [, { namespace, rollout }] of syncs.entries()) {
        inFlight.set(namespace, (inFlight.get(namespace) ?? 0) + (rollout.status?.inProgress ?? 0));
      }
      // Those of the leader before count until they have been looked at.
      for (const [namespace, count] of inFlight) {
        slots.take(namespace, count, false);
        soon(namespace);
      }
      for (const namespace of workloads.versionNamespaces()) deps.enqueueSweep(namespace, sweepEveryMs);
    },
    end() {
      engine.clear();
      contents.clear();
      report.clear();
      sweeper.clear();
    },
  };
}

function sourcesIn(namespace: string, deps: RolloutsDeps): readonly Source[] {
  if (!deps.isSelected(namespace)) return [];
  return [...deps.syncs.entries(namespace)].flatMap(
    ([, sync]) => toSource(sync, deps.classes) ?? toFormerSource(sync) ?? [],
  );
}

/** By its own word, or by that of a workload that uses it. */
function isPinned(key: ObjectKey, { syncs, workloads, classes }: RolloutsDeps): boolean {
  const sync = syncs.get(key);
  if (!sync) return false;
  if (sync.rollout.spec.ok && sync.rollout.spec.value.mode === 'Pin') return true;
  const source = toSource(sync, classes);
  if (!source || !workloads.hasPinLabel(sync.namespace)) return false;
  const names = new Set(source.secrets.map(({ name }) => name));
  return workloads
    .in(sync.namespace)
    .some(
      (workload) =>
        workload.mode === 'Pin' &&
        (workload.classes.includes(source.className) || workload.references.some(({ secret }) => names.has(secret))),
    );
}

/** What decides about rollouts; the status is our own doing. */
function isOther(previous: SyncObject, current: SyncObject): boolean {
  const [a, b] = [previous.rollout, current.rollout];
  return (
    previous.uid !== current.uid ||
    previous.generation !== current.generation ||
    a.isFrozen !== b.isFrozen ||
    a.approve !== b.approve ||
    a.resume !== b.resume
  );
}
