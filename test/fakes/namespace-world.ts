import { decideWorkload } from '../../src/rollout/decide.ts';
import type { LedgerEntry } from '../../src/rollout/ledger.ts';
import type { RolloutMode } from '../../src/rollout/workloads/mode-label.ts';
import { afterStarts, type NamespacePlan, orchestrate } from '../../src/rollout/orchestrator/orchestrate.ts';
import type { RolloutEvent } from '../../src/rollout/orchestrator/rollout-events.ts';
import { parseRolloutSpec, type RolloutSpec } from '../../src/rollout/rollout-spec.ts';
import { parseRolloutStatus, type RolloutStatus } from '../../src/rollout/rollout-status.ts';
import type { NamespaceView, SourceView, WorkloadView } from '../../src/rollout/orchestrator/rollout-view.ts';
import { toTemplateAnnotations } from '../../src/rollout/workloads/template-annotations.ts';
import { hashFor } from './rollout-world.ts';
import { SimulatedWorkload, type SimulatedParts } from './simulated-workload.ts';

/** What goes wrong in one pass. */
export interface Mishap {
  /** The controller ends before it has sent this many patches, and writes nothing. */
  readonly patchesSent?: number;
  /** The patches are sent, and the status is never written. */
  readonly isStatusLost?: boolean;
  /** The API server does what it is told, and nobody hears of it. */
  readonly isAnswerLost?: boolean;
}

/** A SecretProviderClassSync with one Secret of its name. */
export class SimulatedSource {
  readonly name: string;
  spec: RolloutSpec;
  /** Undefined: not known at present. */
  content: number | undefined = 1;
  /** Of another of its Secrets nothing is known. */
  isPartlyKnown = false;
  isFrozen = false;
  approve: string | undefined;
  resume: string | undefined;
  status: RolloutStatus | undefined;

  constructor(name: string, spec: object) {
    this.name = name;
    this.spec = specOf(spec);
  }

  get key(): string {
    return `shop/${this.name}`;
  }

  get version(): string | undefined {
    return this.content === undefined || this.isPartlyKnown ? undefined : hashFor(this.content);
  }
}

/**
 * The namespace `shop`: sources, workloads whose pods take their time, and a controller whose clock goes as fast as the tests want.
 * All that lasts is in the statuses, which go through JSON as the API server has them.
 */
export class NamespaceWorld {
  now = Date.parse('2026-01-05T12:00:00Z');
  freeSlots = 10;
  readonly sources = new Map<string, SimulatedSource>();
  readonly workloads = new Map<string, SimulatedWorkload>();
  readonly events: RolloutEvent[] = [];
  /** Who began when. */
  readonly starts: { readonly name: string; readonly at: number }[] = [];
  mostInFlight = 0;
  #watched = new Set<string>();
  #wakeAt: number | undefined;

  /** `spec.rollout`; Restart, unless it says otherwise. */
  source(name: string, spec: object = {}): SimulatedSource {
    const source = new SimulatedSource(name, { mode: 'Restart', ...spec });
    this.sources.set(source.key, source);
    return source;
  }

  /** It reads these Secrets as a whole. */
  workload(name: string, secrets: readonly string[], parts: SimulatedParts = {}): SimulatedWorkload {
    const workload = new SimulatedWorkload(name, secrets, parts);
    this.workloads.set(workload.key, workload);
    return workload;
  }

  /** One pass of the controller. */
  step(mishap: Mishap = {}): NamespacePlan {
    const view = this.#look();
    const planned = orchestrate(view);
    const sent = planned.starts.slice(0, mishap.patchesSent);
    const generations = new Map<string, number>();
    for (const start of sent) {
      const workload = this.#of(start.workload.key);
      const changes = [...this.#targetsOf(workload)].map(([key, { mode, tracked }]) => ({
        mode: mode === 'Pin' ? ('Pin' as const) : ('Restart' as const),
        tracked,
        entries: start.patches.get(key)?.entries ?? new Map<string, string>(),
      }));
      const before = workload.generation;
      workload.patch(toTemplateAnnotations(start.workload, changes, 'aaaaaaaa'), this.now);
      if (workload.generation !== before) this.starts.push({ name: workload.name, at: this.now });
      if (mishap.isAnswerLost !== true) generations.set(start.workload.key, workload.generation);
    }
    const moving = [...this.workloads.values()].filter((each) => each.isMoving(this.now)).length;
    this.mostInFlight = Math.max(this.mostInFlight, moving);
    const plan = afterStarts(view, generations);
    if (mishap.patchesSent === undefined && mishap.isStatusLost !== true) this.#record(plan);
    return plan;
  }

  /** Passes whenever something happens, for so long. */
  run(ms: number): void {
    const end = this.now + ms;
    for (let passes = 0; passes < 100_000; passes++) {
      this.step();
      const changes = [...this.workloads.values()].map((each) => each.nextChange(this.now));
      const look = this.#watched.size > 0 ? this.now + 10_000 : Infinity;
      const next = Math.min(look, this.#wakeAt ?? Infinity, ...changes);
      if (next > end) break;
      this.now = next;
    }
    this.now = end;
    this.step();
  }

  /** A new process: nothing but the statuses is left. */
  restart(): void {
    this.#watched = new Set();
    this.#wakeAt = undefined;
  }

  /** All of them at rest with the content that is there. */
  settle(): void {
    this.run(3_600_000);
  }

  statusOf(source: SimulatedSource): RolloutStatus {
    if (source.status === undefined) throw new TypeError(`no status of ${source.key}`);
    return source.status;
  }

  eventsOf(reason: RolloutEvent['reason']): readonly RolloutEvent[] {
    return this.events.filter((event) => event.reason === reason);
  }

  /** Names, in the order in which they began. */
  get started(): readonly string[] {
    return this.starts.map(({ name }) => name);
  }

  #of(key: string): SimulatedWorkload {
    const workload = this.workloads.get(key);
    if (workload === undefined) throw new TypeError(`no ${key}`);
    return workload;
  }

  #targetsOf(
    workload: SimulatedWorkload,
  ): ReadonlyMap<string, { readonly mode: RolloutMode; readonly tracked: readonly string[] }> {
    const mine = [...this.sources.values()].filter(({ name }) => workload.secrets.includes(name));
    const targets = mine.map(
      ({ key, name, spec }) => [key, { mode: workload.mode ?? spec.mode, tracked: [name] }] as const,
    );
    return new Map(targets.filter(([, { mode }]) => mode === 'Restart' || mode === 'Pin'));
  }

  #look(): NamespaceView {
    const sources = [...this.sources.values()];
    const workloads = [...this.workloads.values()].map((each) => this.#view(each, sources));
    return { now: this.now, freeSlots: this.freeSlots, sources: sources.map(toView), workloads };
  }

  #view(simulated: SimulatedWorkload, sources: readonly SimulatedSource[]): WorkloadView {
    const workload = simulated.seen(this.now);
    const isWatched = this.#watched.has(workload.key);
    const decisions = sources.flatMap((source) => {
      const ledger = source.status?.workloads?.find((entry) => entry.workload === workload.key);
      const isUsed = simulated.secrets.includes(source.name);
      return isUsed || ledger ? [[source.key, this.#decide(simulated, source, ledger, isUsed)] as const] : [];
    });
    return {
      workload,
      decisions: new Map(decisions),
      isFrozen: simulated.isFrozen,
      revisions: isWatched ? simulated.revisions : undefined,
      podFailure: isWatched ? simulated.podFailure(this.now) : undefined,
    };
  }

  #decide(simulated: SimulatedWorkload, source: SimulatedSource, ledger: LedgerEntry | undefined, isUsed: boolean) {
    const { content, name, spec } = source;
    const version =
      content === undefined ? undefined : { usedHash: hashFor(content), versionName: `${name}-${hashFor(content)}` };
    const mode = simulated.mode ?? spec.mode;
    const workload = simulated.seen(this.now);
    const desired = new Map(isUsed ? [[name, version] as const] : []);
    return decideWorkload({ workload, mode, desired, ledger, keyId: 'aaaaaaaa', now: this.now });
  }

  #record(plan: NamespacePlan): void {
    for (const source of this.sources.values()) {
      const status = plan.statuses.get(source.key);
      if (status) source.status = parseRolloutStatus(JSON.parse(JSON.stringify(status)));
    }
    this.events.push(...plan.events);
    this.#watched = new Set(plan.watched);
    this.#wakeAt = plan.wakeAt;
  }
}

/** A world with so many workloads `app-000`… that read one Secret, `db`, whose content has just changed. */
export function changedWorld(count: number, spec: object = {}) {
  const world = new NamespaceWorld();
  const source = world.source('db', spec);
  const workloads = Array.from({ length: count }, (_, index) =>
    world.workload(`app-${String(index).padStart(3, '0')}`, ['db']),
  );
  world.settle();
  source.content = 2;
  return { world, source, workloads };
}

export function specOf(raw: object): RolloutSpec {
  const parsed = parseRolloutSpec(raw);
  if (!parsed.ok) throw new TypeError(parsed.problems.map(({ message }) => message).join('; '));
  return parsed.value;
}

function toView({ key, spec, version, isFrozen, approve, resume, status }: SimulatedSource): SourceView {
  return { key, spec, version, isFrozen, approve, resume, status };
}
