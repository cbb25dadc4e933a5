import type { SecretError } from '../core/errors.ts';
import type { SecretBytes } from '../core/secret-bytes.ts';
import type { ApiClient, CallOptions } from '../kube/client/api-client.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import { buildView, modesBySource, type NamespaceFacts, type ValidSource } from './build-view.ts';
import type { Contents } from './versions/contents.ts';
import { inspectWorkloads } from './workloads/inspect-workloads.ts';
import { afterStarts, type NamespacePlan, orchestrate } from './orchestrator/orchestrate.ts';
import type { PinSupport } from './versions/pin-support.ts';
import { lookEveryMs, PodLooks } from './pod-looks.ts';
import { Refusals } from './refusals.ts';
import type { RolloutReport } from './rollout-report.ts';
import type { RolloutSlots } from './slots.ts';
import type { Source } from './source.ts';
import { type Started, startWorkloads, toFailure } from './start-workloads.ts';
import { unkeptSources } from './versions/unkept-sources.ts';
import { type Outcome, type Pass, toVerdict } from './verdict.ts';
import { keyId, namespaceKey } from './versions/version.ts';
import type { WorkloadWatches } from './workloads/workload-watches.ts';

export interface RolloutEngineDeps {
  /** Fenced. */
  readonly client: Pick<ApiClient, 'apply' | 'list'>;
  /** The SecretProviderClassSyncs of a namespace. */
  readonly sourcesIn: (namespace: string) => readonly Source[];
  readonly workloads: Pick<WorkloadWatches, 'in' | 'isFrozen' | 'problem'>;
  readonly contents: Pick<Contents, 'get'>;
  readonly report: RolloutReport;
  readonly slots: RolloutSlots;
  readonly pinSupport: (options: CallOptions) => Promise<PinSupport>;
  readonly oldestInUse: Outcome['oldestInUse'];
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'rolloutPatches'>;
  readonly versionKey: SecretBytes;
  /** Namespaces that waited for a place. */
  readonly onFree: (namespaces: readonly string[]) => void;
  /** A SecretProviderClassSync whose workloads are pinned, and of which no version is kept yet. */
  readonly onUnkept: (source: string) => void;
  readonly options: RolloutOptions;
}

export interface RolloutOptions {
  /** Owns the annotations of pod templates. */
  readonly fieldManager: string;
  /** Whether Reloader's annotations count. */
  readonly understandsReloader: boolean;
}

/** So often it is looked whether mode Pin can work by now: nothing tells of the policy. */
const supportEveryMs = 15_000;

/**
 * Rolls out what has changed in one namespace at a time. Level-triggered: a pass looks at what is there, does what may be done
 * now, and writes down what it did; everything that has to last is in the status of the SecretProviderClassSyncs.
 */
export class RolloutEngine {
  readonly #deps: RolloutEngineDeps;
  readonly #looks: PodLooks;
  readonly #refusals: Refusals;

  constructor(deps: RolloutEngineDeps) {
    this.#deps = deps;
    this.#looks = new PodLooks(deps.clock);
    this.#refusals = new Refusals(deps.clock);
  }

  /** One pass. Answers when to come again, in milliseconds; undefined: when something happens. Throws KUBE_… and NOT_LEADER. */
  async run(namespace: string, options: CallOptions): Promise<number | undefined> {
    const { workloads, slots, clock } = this.#deps;
    const problem = workloads.problem(namespace);
    if (problem) return await this.#refuse(namespace, problem, options);
    const sources = this.#sourcesIn(namespace);
    // Most namespaces have workloads that change, and nobody who rolls them out.
    if (sources.length === 0) return this.#leave(namespace);
    const seen = await this.#look(namespace, sources, options);
    // From here to the taking of places nothing may come between: others take places too.
    const pass = this.#lay(namespace, sources, seen);
    const plan = orchestrate(pass.view);
    for (const source of unkeptSources(sources, pass)) this.#deps.onUnkept(source.key);
    this.#take(namespace, plan, slots);
    const { generations, failures } = await this.#startAll(plan, pass, options);
    const done = plan.starts.length === 0 ? plan : afterStarts(pass.view, generations);
    if (failures.size > 0) this.#take(namespace, done, slots);
    this.#looks.watch(namespace, done.watched);
    const passing = this.#note(namespace, generations, failures);
    const refused = new Map([...failures, ...this.#refusals.standing(namespace)]);
    const outcome = { ...pass, plan: done, failures: refused, oldestInUse: this.#deps.oldestInUse };
    const untold = await this.#tell(sources, outcome, options);
    const [failure] = [...passing, ...untold];
    if (failure) throw failure;
    // Who was refused is left alone now, and others may take the place.
    if (failures.size > 0) return 0;
    return toDelay(done, pass, { nowMs: clock.now(), refusedMs: this.#refusals.delayMs(namespace) });
  }

  /** What was found out in this term will not hold in the next. */
  clear(): void {
    this.#looks.clear();
    this.#refusals.clear();
    this.#deps.slots.clear();
  }

  #leave(namespace: string): undefined {
    this.#looks.watch(namespace, []);
    this.#deps.onFree(this.#deps.slots.take(namespace, 0, false));
  }

  async #look(namespace: string, sources: readonly Source[], options: CallOptions): Promise<Seen> {
    const all = this.#deps.workloads.in(namespace);
    const findings = await inspectWorkloads(this.#looks.due(namespace, all), sources, this.#deps, options);
    const usesPin = sources.some(isPin) || all.some(({ mode }) => mode === 'Pin');
    const pin = usesPin ? await this.#deps.pinSupport(options) : ({ ok: true } as const);
    return { workloads: all, findings, pin };
  }

  #lay(namespace: string, sources: readonly Source[], { workloads: all, findings, pin }: Seen): Pass {
    const { workloads, contents, slots, clock, versionKey } = this.#deps;
    const id = keyId(namespaceKey(versionKey, namespace));
    const built = buildView({
      now: clock.now(),
      freeSlots: slots.freeFor(namespace),
      sources: sources.flatMap(toValid),
      workloads: all,
      isFrozen: workloads.isFrozen(namespace),
      contentOf: (secret) => contents.get(secret),
      keyId: id,
      understandsReloader: this.#deps.options.understandsReloader,
      isPinSupported: pin.ok,
      refused: this.#refusals.standing(namespace),
      findings,
    });
    return {
      ...built,
      modes: modesBySource(built.targets),
      unclear: sources.filter(({ spec }) => !spec.ok),
      pin,
      keyId: id,
      contentOf: (secret) => contents.get(secret),
    };
  }

  async #startAll({ starts }: NamespacePlan, pass: Pass, options: CallOptions): Promise<Started> {
    const { client, metrics, options: own } = this.#deps;
    return await startWorkloads(starts, pass, { client, metrics, fieldManager: own.fieldManager }, options);
  }

  /** Answers the failures after which the next try may do. */
  #note(namespace: string, generations: Started['generations'], failures: Started['failures']): readonly SecretError[] {
    for (const workload of generations.keys()) this.#refusals.remove(namespace, workload);
    return [...failures].flatMap(([workload, error]) => (this.#refusals.add(namespace, workload, error) ? [] : error));
  }

  #take(namespace: string, plan: NamespacePlan, slots: RolloutSlots): void {
    const isWaiting = [...plan.statuses.values()].some(({ waiting }) => waiting > 0);
    this.#deps.onFree(slots.take(namespace, plan.inFlight.length, isWaiting));
  }

  /** Each for itself: what cannot be written of one keeps nothing from the others. */
  async #tell(sources: readonly Source[], outcome: Outcome, options: CallOptions): Promise<readonly SecretError[]> {
    const { report, clock } = this.#deps;
    const events = Map.groupBy(outcome.plan.events, ({ source }) => source);
    const failures: SecretError[] = [];
    for (const source of sources) {
      try {
        await report.tell(source, toVerdict(source, outcome), clock.now(), options);
        for (const event of events.get(source.key) ?? []) report.announce(source, event);
      } catch (error) {
        failures.push(toFailure(error, options));
      }
    }
    return failures;
  }

  /**
   * Nothing is rolled out where not everything can be seen; whoever waits for it reads why. What rolls out there takes no place: it
   * may never be seen again.
   */
  async #refuse(namespace: string, problem: SecretError, options: CallOptions): Promise<undefined> {
    const { report, clock, slots } = this.#deps;
    this.#deps.onFree(slots.take(namespace, 0, false));
    const concerned = this.#sourcesIn(namespace).filter(isConcerned);
    for (const source of concerned) {
      const { message } = problem;
      const verdict = { rollout: source.status, status: 'Unknown', reason: 'WorkloadsUnknown', message } as const;
      await report.tell(source, verdict, clock.now(), options);
    }
    if (concerned.length > 0) throw problem;
  }

  #sourcesIn(namespace: string): readonly Source[] {
    return this.#deps.sourcesIn(namespace).map((source) => this.#deps.report.current(source));
  }
}

/** What had to be waited for. */
interface Seen extends Pick<NamespaceFacts, 'workloads' | 'findings'> {
  readonly pin: PinSupport;
}

function isConcerned({ status, spec }: Source): boolean {
  return status !== undefined || (spec.ok && spec.value.mode !== 'Off');
}

function toValid(source: Source): readonly ValidSource[] {
  return source.spec.ok ? [{ source, spec: source.spec.value }] : [];
}

function isPin({ spec }: Source): boolean {
  return spec.ok && spec.value.mode === 'Pin';
}

interface Times {
  /** Since the epoch. */
  readonly nowMs: number;
  /** Until a workload that was refused may be tried again. */
  readonly refusedMs: number | undefined;
}

function toDelay({ wakeAt, watched }: NamespacePlan, { pin }: Pass, { nowMs, refusedMs }: Times): number | undefined {
  const delays = [
    ...(refusedMs === undefined ? [] : [refusedMs]),
    ...(wakeAt === undefined ? [] : [Math.max(0, wakeAt - nowMs)]),
    ...(watched.length === 0 ? [] : [lookEveryMs]),
    ...(pin.ok ? [] : [supportEveryMs]),
  ];
  return delays.length === 0 ? undefined : Math.min(...delays);
}
