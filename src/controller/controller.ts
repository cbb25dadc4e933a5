import type { Resolver } from '../core/resolver.ts';
import type { SecretBytes } from '../core/secret-bytes.ts';
import type { ApiClient } from '../kube/client/api-client.ts';
import type { Election } from '../kube/election/election.ts';
import type { EventRecorder } from '../kube/events/events.ts';
import type { ObjectKey } from '../kube/objects.ts';
import type { ReflectorGroup } from '../kube/watch/reflector-group.ts';
import type { Clock } from '../platform/clock.ts';
import type { Component } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import { untilAborted } from '../platform/until-aborted.ts';
import { createAttempt } from './attempt.ts';
import { Backoffs } from './queue/backoff.ts';
import { Claims } from './secrets/claims.ts';
import { ClassKeeper } from './classes/class-keeper.ts';
import { createFetchFiles, type FetchFilesDeps } from './fetch-files.ts';
import { OwnedSecrets } from './secrets/owned-secrets.ts';
import { type Rank, type Reason, WorkQueue } from './queue/queue.ts';
import { Reconcile } from './reconcile.ts';
import { createRollouts, type RolloutsDeps } from './rollouts.ts';
import { SecretWriter } from './secrets/secret-writer.ts';
import { StoreGate } from './store-gate.ts';
import { SyncMetrics } from './status/sync-metrics.ts';
import { SyncReport } from './status/sync-report.ts';
import { Triggers } from './triggers.ts';
import type { Watches } from './watches.ts';
import { createWorkers } from './queue/workers.ts';

export interface ControllerDeps {
  /** Fenced: it writes only while this replica leads. */
  readonly client: ApiClient;
  readonly watches: Watches;
  readonly election: Pick<Election, 'holds' | 'onTerm'>;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly resolver: Resolver;
  readonly plan: FetchFilesDeps['plan'];
  /** Tokens and roles of an account that was changed are worth nothing any more. */
  readonly forgetAccount: (namespace: string, name: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** In [0, 1). */
  readonly random: () => number;
  /** Keys digests that never leave the process. */
  readonly digestKey: SecretBytes;
  /** Undefined: nothing is rolled out. */
  readonly rollouts?: Pick<RolloutsDeps, 'workloads' | 'versionKey' | 'options'> | undefined;
  readonly options: ControllerOptions;
}

export interface ControllerOptions {
  /** Where a sync says nothing. */
  readonly intervalMs: number;
  readonly workers: number;
  readonly perObjectMetrics: boolean;
}

export interface Controller {
  /** In the order of starting. */
  readonly components: readonly Component[];
  /** Why it should not be counted on yet; undefined: everything has been listed. */
  ready(): string | undefined;
  /** Why the process should be restarted; undefined: it is alive. */
  live(): string | undefined;
}

/** Keeps Secrets: builds the parts of the loop and ties them together. */
export function createController(deps: ControllerDeps): Controller {
  const { client, watches, clock, logger, metrics, random, options } = deps;
  const { intervalMs } = options;
  const queue = new WorkQueue({ clock, metrics });
  const backoffs = new Backoffs(random);
  const enqueue = (key: ObjectKey, rank: Rank, reason: Reason): void => queue.add(key, { rank, reason });
  const enqueueSync = (key: ObjectKey, rank: Rank, reason: Reason): void => enqueue(`sync ${key}`, rank, reason);
  const requeue = (syncs: Iterable<ObjectKey>): void => {
    for (const key of syncs) enqueueSync(key, 'urgent', 'drift');
  };

  // Whoever does not lead only watches: when the term begins, everything is looked at.
  const whileLeading =
    <A extends readonly unknown[]>(act: (...input: A) => void) =>
    (...input: A): void => {
      if (deps.election.holds()) act(...input);
    };

  const claims = new Claims();
  const gate = new StoreGate({
    clock,
    random,
    onOpen: (syncs) => syncs.forEach((key) => enqueueSync(key, 'refresh', 'retry')),
  });
  const writer = new SecretWriter({
    client,
    metrics,
    owned: new OwnedSecrets(watches.secrets),
    digestKey: deps.digestKey,
    isWanted: (sync, secret) => watches.syncs.get(sync) !== undefined && (claims.wants(sync, secret) ?? true),
  });
  watches.secrets.onChange(({ key, current }) => {
    if (current === undefined) writer.forget(key);
  });
  const syncMetrics = new SyncMetrics({ metrics, perObject: options.perObjectMetrics });
  const report = new SyncReport({ ...deps, metrics: syncMetrics });
  const rollouts =
    deps.rollouts &&
    createRollouts({
      ...deps,
      ...watches,
      ...deps.rollouts,
      enqueue: whileLeading((namespace: string, delayMs: number) =>
        queue.add(`rollout ${namespace}`, { rank: 'urgent', reason: 'rollout', delayMs }),
      ),
      enqueueSweep: whileLeading((namespace: string, delayMs: number) =>
        queue.add(`sweep ${namespace}`, { rank: 'refresh', reason: 'rollout', delayMs }),
      ),
      enqueueSync: (sync) => enqueueSync(sync, 'urgent', 'rollout'),
    });
  const fetchFiles = createFetchFiles({ ...deps, gate, intervalMs });
  const versions = rollouts?.versions;
  const attempt = createAttempt({ ...watches, client, clock, metrics, fetchFiles, writer, claims, versions, requeue });
  const parts = { ...watches, client, attempt, report, claims, gate, backoffs, random, intervalMs, requeue };
  const reconcile = new Reconcile(parts);
  const keeper = new ClassKeeper({ ...deps, ...watches });
  const workers = createWorkers({
    queue,
    clock,
    logger,
    backoffs,
    count: options.workers,
    async work({ key, reasons }, signal) {
      const [kind, name = ''] = key.split(' ', 2);
      if (kind === 'class') return await keeper.keep(name, { signal });
      if (kind === 'rollout' && rollouts) return await rollouts.pass(name, { signal });
      if (kind === 'sweep' && rollouts) return await rollouts.sweep(name, { signal });
      return await reconcile.run(name, reasons, { signal });
    },
  });
  const triggers = new Triggers({
    ...watches,
    isEcho: (key, secret) => writer.isEcho(key, secret),
    claimants: (secret) => claims.claimants(secret),
    onSeen: (sync) => report.seen(sync),
    onAccount: deps.forgetAccount,
    enqueueSync: whileLeading(enqueueSync),
    enqueueClass: whileLeading((key: ObjectKey) => enqueue(`class ${key}`, 'first', 'class')),
  });
  deps.election.onTerm((term) => {
    void begin(term).catch((error: unknown) => {
      if (!term.aborted) logger.error({ code: 'INTERNAL', err: error }, 'term failed');
    });
  });

  const groups = [watches.group, ...(deps.rollouts ? [deps.rollouts.workloads.group] : [])];

  async function begin(term: AbortSignal): Promise<void> {
    await Promise.all(groups.map((group) => untilAborted(group.settled(term), term)));
    triggers.enqueueAll();
    rollouts?.begin();
    await workers.run(term);
    reconcile.forgetAll();
    rollouts?.end();
    queue.clear();
  }

  const first = <T>(ask: (group: ReflectorGroup) => T | undefined): T | undefined =>
    groups.map(ask).find((answer) => answer !== undefined);
  return {
    components: [...groups, workers],
    ready: () => first((group) => group.unsettled()),
    live: () => first((group) => group.silent()),
  };
}
