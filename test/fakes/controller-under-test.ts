import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

import { it as base } from 'vitest';

import { toAccount } from '../../src/controller/account.ts';
import { type Controller, type ControllerOptions, createController } from '../../src/controller/controller.ts';
import { enabled, names } from '../../src/controller/names.ts';
import { toOwnedSecret } from '../../src/controller/secrets/owned-secrets.ts';
import { parseClass } from '../../src/controller/classes/parse-class.ts';
import { parseSync } from '../../src/controller/parse-sync.ts';
import { createWatches, type Scope, type Watches } from '../../src/controller/watches.ts';
import type { RolloutsOptions } from '../../src/controller/rollouts.ts';
import { SecretBytes } from '../../src/core/secret-bytes.ts';
import { createEventRecorder, type EventRecorder } from '../../src/kube/events/events.ts';
import { fence } from '../../src/kube/election/fence.ts';
import { createApiClient } from '../../src/kube/client/http-api-client.ts';
import { type KubeObject, keyOf, type ObjectKey, type Resource, resources } from '../../src/kube/objects.ts';
import type { Reflector } from '../../src/kube/watch/reflector.ts';
import { Terms } from '../../src/kube/election/terms.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { toWorkload } from '../../src/rollout/workloads/workload.ts';
import { type WorkloadKind, workloadResources } from '../../src/rollout/workloads/workload-kind.ts';
import { createWorkloadWatches, type WorkloadWatches } from '../../src/rollout/workloads/workload-watches.ts';
import { createResolver } from '../../src/resolve/resolver.ts';
import { createDialects } from '../../src/spc/dialect.ts';
import { awsDefaults } from './aws-defaults.ts';
import { CountedCalls } from './counted-client.ts';
import { toKindKey } from './kube-store.ts';
import { SyncWorld } from './sync-world.ts';
import { noTls } from './vault-callers.ts';

export interface UnderTestOptions extends Partial<ControllerOptions>, Scope {
  /** In place of a new one: it goes on after a restart, and is not ended with the controller. */
  readonly world?: SyncWorld;
  /** With what rollouts are told; nothing is rolled out unless given. */
  readonly rollouts?: Partial<RolloutsOptions>;
}

const { signal: forever } = new AbortController();
/** Of the machine's own time: what has not happened by then never will. */
const patienceMs = 5000;
/** So many rounds of the event loop in which nothing happens are the end of what happens by itself. */
const quietRounds = 3;
const stepMs = 1000;

/**
 * The whole loop of the controller with its watches, client and resolver; fake are the API server (on a socket), the store,
 * time, and who leads. A sync that says nothing is due every minute, exactly.
 */
export class ControllerUnderTest implements AsyncDisposable {
  readonly world: SyncWorld;
  readonly metrics = createMetrics();
  /** Of the log. */
  readonly lines: string[] = [];
  readonly terms: Terms;
  /** Accounts whose tokens and roles are worth nothing any more. */
  readonly forgotten: string[] = [];
  readonly controller: Controller;
  /** False while the lease has run out, though the term is not over. */
  holdsLease = true;
  /** Set where the watches are meant not to show what there is. */
  isLagging = false;
  readonly #watches: Watches;
  readonly #workloads: WorkloadWatches | undefined;
  readonly #events: EventRecorder;
  readonly #calls = new CountedCalls();
  readonly #options: UnderTestOptions;
  readonly #close: () => Promise<void>;

  private constructor(world: SyncWorld, options: UnderTestOptions) {
    this.world = world;
    this.#options = options;
    const { clock, backend, kube } = world;
    const { metrics, lines } = this;
    const logger = createLogger({ level: 'debug', format: 'json', write: (line) => void lines.push(line) });
    this.terms = new Terms({ logger, metrics });
    const election = {
      holds: () => this.terms.isOn && this.holdsLease,
      onTerm: this.terms.onTerm.bind(this.terms),
    };
    const client = createApiClient(kube.config, { clock, metrics });
    const counted = this.#calls.wrap(client);
    const fenced = fence(counted, election);
    const random = (): number => 0.5;
    this.#watches = createWatches(options, { client: counted, clock, logger, metrics, random });
    this.#events = createEventRecorder({ client: fenced, clock, logger, instance: 'one', random: Math.random });
    const versionKey = SecretBytes.from(new Uint8Array(32));
    const watching = { client: counted, clock, logger, metrics, random };
    this.#workloads = options.rollouts && createWorkloadWatches(options, watching);
    const limits = { refreshIntervalMs: 0, minRefreshIntervalMs: 0, staleIfErrorMs: 0, maxBytes: 1024 * 1024 };
    const dialects = createDialects({ cacheSize: 100 });
    const vault = { address: 'https://vault.test:8200', namespace: '', authMount: 'kubernetes', tls: noTls };
    const stores = { vault, openbao: vault, aws: awsDefaults };
    this.controller = createController({
      client: fenced,
      watches: this.#watches,
      election,
      events: this.#events,
      resolver: createResolver({ backends: { vault: backend }, clock, logger, metrics, versionKey, limits }),
      plan: (provider, input) => dialects[provider](input, stores),
      forgetAccount: (namespace, name) => void this.forgotten.push(`${namespace}/${name}`),
      clock,
      logger,
      metrics,
      random,
      digestKey: SecretBytes.from(new Uint8Array(32).fill(1)),
      rollouts: this.#workloads && {
        workloads: this.#workloads,
        versionKey,
        options: {
          maxConcurrent: 10,
          fieldManager: 'lockstep-rollout',
          understandsReloader: false,
          ...options.rollouts,
        },
      },
      options: { intervalMs: 60_000, workers: 4, perObjectMetrics: false, ...options },
    });
    this.#close = () => client.close();
  }

  /** Leading, and with everything done that there was to do. */
  static async start(options: UnderTestOptions = {}): Promise<ControllerUnderTest> {
    const under = new ControllerUnderTest(options.world ?? (await SyncWorld.start()), options);
    await under.#events.start(forever);
    under.terms.begin();
    for (const component of under.controller.components) await component.start(forever);
    await under.settled();
    return under;
  }

  /** Until nothing more happens by itself, though perhaps the store is asked, or time has to pass. */
  async settled(): Promise<void> {
    const endMs = performance.now() + patienceMs;
    for (let quiet = 0, before = -1; quiet < quietRounds;) {
      await setImmediate();
      const isQuiet = this.#calls.open === 0 && before === this.#calls.total && (await this.#isIdle());
      quiet = isQuiet ? quiet + 1 : 0;
      before = this.#calls.total;
      if (performance.now() > endMs)
        throw new Error(`it does not settle; the calls: ${this.world.kube.calls.join(', ')}`);
    }
  }

  /** Time passes, and whatever is due happens when it is due. */
  async pass(ms: number): Promise<void> {
    await this.settled();
    for (let left = ms; left > 0; left -= stepMs) {
      await this.world.clock.advance(Math.min(left, stepMs));
      await this.settled();
    }
  }

  /** As when a process ends: another one can go on in the same world. */
  async stop(hurry = forever): Promise<void> {
    for (const component of this.controller.components.toReversed()) await component.stop(hurry);
    this.terms.end('it stops');
    await this.#events.stop(AbortSignal.abort());
    await this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop(AbortSignal.abort());
    if (this.#options.world === undefined) await this.world[Symbol.asyncDispose]();
  }

  async #isIdle(): Promise<boolean> {
    const { values } = await this.metrics.queueDepth.get();
    return values.every(({ value }) => value === 0) && (this.isLagging || this.#hasSeenAll());
  }

  /** Whether the watches show what the API server has. */
  #hasSeenAll(): boolean {
    const { syncs, classes, secrets, accounts, namespaces } = this.#watches;
    return (
      this.#hasSeen(syncs, { resource: resources.syncs, keep: parseSync }) &&
      this.#hasSeen(classes, { resource: resources.classes, keep: parseClass, label: names.syncLabel }) &&
      this.#hasSeen(secrets, { resource: resources.secrets, keep: toOwnedSecret, label: names.managedLabel }) &&
      this.#hasSeen(accounts, { resource: resources.serviceAccounts, keep: toAccount }) &&
      (namespaces === undefined || this.#hasSeenNamespaces(namespaces)) &&
      (this.#workloads === undefined || this.#hasSeenWorkloads(this.#workloads))
    );
  }

  #hasSeenWorkloads(workloads: WorkloadWatches): boolean {
    return Object.entries(workloadResources).every(([kind, resource]) =>
      this.world.kube.store
        .list(toKindKey(resource), { namespace: undefined, labelSelector: undefined })
        .every((object) => {
          const workload = toWorkload(kind as WorkloadKind, object);
          const known = workloads.in(object.metadata.namespace ?? '').find(({ uid }) => uid === object.metadata.uid);
          return isDeepStrictEqual(known, workload);
        }),
    );
  }

  #hasSeen<T>(reflector: Reflector<T>, { resource, keep, label }: Shown<T>): boolean {
    const scope = { namespace: undefined, labelSelector: label && `${label}=${enabled}` };
    const isKnown = (key: ObjectKey): boolean => reflector.problem(key.slice(0, key.indexOf('/'))) === undefined;
    const there = this.world.kube.store
      .list(toKindKey(resource), scope)
      .filter(({ metadata }) => isKnown(keyOf(metadata)));
    const known = [...reflector.entries()].filter(([key]) => isKnown(key));
    const isSeen = (object: KubeObject): boolean =>
      isDeepStrictEqual(reflector.get(keyOf(object.metadata)), keep(object));
    return known.length === there.length && there.every(isSeen);
  }

  #hasSeenNamespaces(namespaces: Reflector<true>): boolean {
    const scope = { namespace: undefined, labelSelector: this.#options.namespaceSelector };
    const there = this.world.kube.store.list(toKindKey(resources.namespaces), scope);
    return namespaces.size === there.length && there.every(({ metadata }) => namespaces.get(metadata.name));
  }
}

/** A test of the controller in a world that outlives it: `start` sets another one to work there. */
export const it = base
  .extend('world', async ({ onTestFinished }) => {
    const world = await SyncWorld.start();
    onTestFinished(() => world[Symbol.asyncDispose]());
    return world;
  })
  .extend('start', ({ onTestFinished, world }) => async (options: UnderTestOptions = {}) => {
    const under = await ControllerUnderTest.start({ world, ...options });
    onTestFinished(() => under[Symbol.asyncDispose]());
    return under;
  })
  .extend('under', ({ start }) => start());

/** What a watch is to show. */
interface Shown<T> {
  readonly resource: Resource;
  readonly keep: (object: KubeObject) => T;
  readonly label?: string;
}
