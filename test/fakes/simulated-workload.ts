import type { RolloutMode } from '../../src/rollout/workloads/mode-label.ts';
import type { PodFailure } from '../../src/rollout/workloads/pod-health.ts';
import type { Workload } from '../../src/rollout/workloads/workload.ts';
import { workloadOf } from './workloads.ts';

export interface SimulatedParts {
  /** A Deployment unless said. */
  readonly kind?: 'Deployment' | 'CronJob';
  readonly order?: number;
  readonly mode?: RolloutMode;
  /** How long its pods take; 20 s unless said. */
  readonly durationMs?: number;
}

/** `shop/NAME`, whose new pods come up after a while, or break. */
export class SimulatedWorkload {
  readonly name: string;
  readonly kind: 'Deployment' | 'CronJob';
  readonly mode: RolloutMode | undefined;
  /** Secrets that it reads. */
  readonly secrets: readonly string[];
  /** New pods do not come up. */
  isBroken = false;
  isPaused = false;
  isFrozen = false;
  durationMs: number;
  generation = 1;
  revisions = 1;
  /** They come up one after the other. */
  replicas = 2;
  /** So long a watch is behind. */
  lagMs = 0;
  readonly #order: number;
  #uid: string;
  #annotations: Readonly<Record<string, string>> = {};
  #history: Readonly<Record<string, string>>[] = [{}];
  #changedAt = 0;
  #isHealthyTemplate = true;
  #before: Workload | undefined;
  #cache: { readonly key: string; readonly workload: Workload } | undefined;

  constructor(name: string, secrets: readonly string[], parts: SimulatedParts) {
    this.name = name;
    this.kind = parts.kind ?? 'Deployment';
    this.secrets = secrets;
    this.mode = parts.mode;
    this.durationMs = parts.durationMs ?? 20_000;
    this.#order = parts.order ?? 0;
    this.#uid = `${name}-1`;
  }

  get key(): string {
    return `${this.kind} shop/${this.name}`;
  }

  get annotations(): Readonly<Record<string, string>> {
    return this.#annotations;
  }

  /** Server-side apply: what changes nothing makes no generation. */
  patch(annotations: Readonly<Record<string, string>>, now: number): void {
    if (JSON.stringify(annotations) !== JSON.stringify(this.#annotations)) this.write(annotations, now);
  }

  /** Somebody changes the template. */
  write(annotations: Readonly<Record<string, string>>, now: number): void {
    this.#before = this.seen(now);
    this.#annotations = annotations;
    this.#history.push(annotations);
    this.generation++;
    this.revisions++;
    this.#changedAt = now;
    this.#isHealthyTemplate = !this.isBroken;
  }

  /** Its pods begin to end, with nothing changed. */
  crash(): void {
    this.#isHealthyTemplate = false;
  }

  undo(now: number): void {
    this.write(this.#history.at(-2) ?? {}, now);
  }

  /** Another of the same name. */
  recreate(now: number): void {
    this.#uid += '1';
    this.generation = 0;
    this.#history = [];
    this.write({}, now);
  }

  /** As the watch has it. */
  seen(now: number): Workload {
    if (now < this.#changedAt + this.lagMs && this.#before) return this.#before;
    const health = this.#health(now);
    const share = Math.min(1, (now - this.#changedAt) / this.durationMs);
    const updated =
      health === 'Healthy' ? this.replicas : Math.min(this.replicas - 1, Math.floor(share * this.replicas));
    const key = `${this.#uid} ${this.generation} ${health} ${updated} ${this.isFrozen} ${this.isPaused}`;
    if (this.#cache?.key !== key) this.#cache = { key, workload: this.#build(health, updated) };
    return this.#cache.workload;
  }

  /** The pods are being replaced. */
  isMoving(now: number): boolean {
    return now < this.#changedAt + this.durationMs;
  }

  podFailure(now: number): PodFailure | undefined {
    const isCrashing = !this.#isHealthyTemplate && !this.isMoving(now);
    return isCrashing ? { reason: 'CrashLoopBackOff', message: 'it ends' } : undefined;
  }

  /** When it looks otherwise; infinite: not by itself. */
  nextChange(now: number): number {
    const times = [
      this.#changedAt + this.lagMs,
      this.#changedAt + this.durationMs,
      this.#changedAt + progressDeadlineMs,
    ];
    return Math.min(...times.filter((time) => time > now));
  }

  #health(now: number): 'Healthy' | 'Progressing' | 'Failed' {
    if (this.#isHealthyTemplate) return this.isMoving(now) ? 'Progressing' : 'Healthy';
    return now < this.#changedAt + progressDeadlineMs ? 'Progressing' : 'Failed';
  }

  #build(health: 'Healthy' | 'Progressing' | 'Failed', updated: number): Workload {
    const failed = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' };
    return workloadOf(this.kind, {
      metadata: {
        name: this.name,
        uid: this.#uid,
        generation: this.generation,
        labels: {
          'lockstep.dev/rollout-order': String(this.#order),
          ...(this.isFrozen && { 'lockstep.dev/freeze': 'true' }),
          ...(this.mode && { 'lockstep.dev/rollout': this.mode }),
        },
      },
      pod: { containers: [{ name: 'app', envFrom: this.secrets.map((name) => ({ secretRef: { name } })) }] },
      annotations: this.#annotations,
      spec: { paused: this.isPaused, replicas: this.replicas },
      status: {
        observedGeneration: this.generation,
        replicas: this.replicas,
        updatedReplicas: updated,
        availableReplicas: updated,
        ...(health === 'Failed' && { conditions: [failed] }),
      },
    });
  }
}

const progressDeadlineMs = 600_000;
