import type { RolloutMode } from './workloads/mode-label.ts';
import { type RolloutSource, type Target, toTarget } from './workloads/mode.ts';
import { averageRolloutMs, concurrencyOf } from './orchestrator/pace.ts';
import type { RolloutSpec } from './rollout-spec.ts';
import type { RolloutStatus } from './rollout-status.ts';
import type { Workload } from './workloads/workload.ts';

/** What would happen to the workloads if every value of a source changed now. */
export interface Preview {
  /** In the order in which they begin; those to which nothing happens come last. */
  readonly steps: readonly PreviewStep[];
  /** How many roll out at a time. */
  readonly concurrency: number;
  /** What it takes by the rollouts that were measured, a minute each where there are none. 0 without any. */
  readonly durationMs: number;
}

export interface PreviewStep {
  readonly workload: Workload;
  /** Its own label may say another than the source. */
  readonly mode: RolloutMode;
  readonly secrets: readonly string[];
  /** `Unhealthy`: last, because it is so before. The three last ones are left alone. */
  readonly part: 'Canary' | 'Follows' | 'Unhealthy' | 'Notified' | 'Paused' | 'Frozen' | 'Off';
}

export interface PreviewInput {
  readonly source: RolloutSource;
  readonly spec: RolloutSpec;
  readonly status: RolloutStatus | undefined;
  /** Of its namespace. */
  readonly workloads: readonly Workload[];
  readonly understandsReloader: boolean;
}

/** The same rules as the orchestrator's, without what only time brings: windows, cooldown, approval. */
export function previewRollout({ source, spec, status, workloads, understandsReloader }: PreviewInput): Preview {
  const concerned = workloads.flatMap((workload) => {
    const target = toTarget(workload, source, { understandsReloader });
    return isConcerned(workload, source, target) ? { workload, target } : [];
  });
  const ranked = concerned.toSorted(
    (a, b) =>
      rankOf(a) - rankOf(b) || a.workload.order - b.workload.order || (a.workload.key < b.workload.key ? -1 : 1),
  );
  let canaries = spec.canary.count;
  const steps = ranked.map(({ workload, target }): PreviewStep => {
    const part = partOf(workload, target, canaries);
    if (part === 'Canary') canaries--;
    return { workload, mode: target.mode, secrets: [...target.secrets.keys()], part };
  });
  return { steps, ...timeOf(steps, spec, status) };
}

interface Concerned {
  readonly workload: Workload;
  readonly target: Target;
}

/** Also one whose label says off: people ask why nothing happens to it. */
function isConcerned({ references, classes }: Workload, source: RolloutSource, { secrets }: Target): boolean {
  const names = new Set(source.secrets.map(({ name }) => name));
  return secrets.size > 0 || classes.includes(source.className) || references.some(({ secret }) => names.has(secret));
}

function partOf({ kind, health, isPaused }: Workload, { mode, isFrozen }: Target, canaries: number) {
  if (mode === 'Off') return 'Off';
  if (isFrozen) return 'Frozen';
  if (mode === 'Notify') return 'Notified';
  if (isPaused) return 'Paused';
  if (health.state !== 'Healthy') return 'Unhealthy';
  return canaries > 0 && kind !== 'CronJob' ? 'Canary' : 'Follows';
}

function rankOf({ workload, target }: Concerned): number {
  const ranks = { Canary: 0, Follows: 0, Notified: 0, Unhealthy: 1, Paused: 2, Frozen: 2, Off: 3 } as const;
  return ranks[partOf(workload, target, 0)];
}

const rolling: ReadonlySet<PreviewStep['part']> = new Set(['Canary', 'Follows', 'Unhealthy']);

function timeOf(
  steps: readonly PreviewStep[],
  spec: RolloutSpec,
  status: RolloutStatus | undefined,
): Pick<Preview, 'concurrency' | 'durationMs'> {
  const count = steps.filter(({ part }) => rolling.has(part)).length;
  const averageMs = averageRolloutMs(status?.workloads ?? []);
  const concurrency = concurrencyOf(spec, { total: count, remaining: count, averageMs, now: 0 }, undefined);
  const canaries = steps.filter(({ part }) => part === 'Canary').length;
  const turns = Math.ceil(canaries / concurrency) + Math.ceil((count - canaries) / concurrency);
  const soakMs = canaries > 0 && count > canaries ? spec.canary.soakMs : 0;
  return { concurrency, durationMs: turns * averageMs + soakMs };
}
