import { formatDuration } from '../core/duration.ts';
import { type KubeObject, membersOf } from '../kube/objects.ts';
import type { RolloutMode } from '../rollout/workloads/mode-label.ts';
import type { Preview, PreviewStep } from '../rollout/preview.ts';
import type { Source } from '../rollout/source.ts';
import { count } from './count.ts';

/** What would happen if every value of one SecretProviderClassSync changed; `-o json` prints exactly this. */
export interface PlanEntry {
  readonly namespace: string;
  readonly name: string;
  readonly mode: RolloutMode;
  /** Why nothing would begin; null: it would. */
  readonly obstacle: string | null;
  readonly concurrency: number;
  readonly expectedSeconds: number;
  readonly pods: number;
  readonly unhealthy: number;
  readonly workloads: readonly PlannedWorkload[];
}

export interface PlannedWorkload {
  readonly kind: string;
  readonly name: string;
  readonly mode: RolloutMode;
  readonly pods: number;
  readonly health: string;
  readonly part: PreviewStep['part'];
  readonly secrets: readonly string[];
}

export interface PlanEntryInput {
  readonly source: Source;
  readonly mode: RolloutMode;
  readonly obstacle: string | null;
  readonly preview: Preview;
  /** By key of the workload. */
  readonly pods: ReadonlyMap<string, number>;
}

export function toPlanEntry({ source, mode, obstacle, preview, pods }: PlanEntryInput): PlanEntry {
  const workloads = preview.steps.map(({ workload, mode: own, part, secrets }): PlannedWorkload => {
    const { kind, name, key, health } = workload;
    return { kind, name, mode: own, pods: pods.get(key) ?? 0, health: health.state, part, secrets };
  });
  const touched = workloads.filter(({ part }) => touching.has(part));
  return {
    namespace: source.namespace,
    name: source.name,
    mode,
    obstacle,
    concurrency: preview.concurrency,
    expectedSeconds: Math.round(preview.durationMs / 1000),
    pods: touched.reduce((sum, each) => sum + each.pods, 0),
    unhealthy: workloads.filter(({ health }) => health !== 'Healthy').length,
    workloads,
  };
}

/** How many pods a workload is to have. */
export function podsOf(object: KubeObject): number {
  const { replicas } = membersOf(object['spec']);
  const { desiredNumberScheduled } = membersOf(object['status']);
  if (typeof desiredNumberScheduled === 'number') return desiredNumberScheduled;
  if (object.kind === 'CronJob' || object.kind === 'DaemonSet') return 0;
  return typeof replicas === 'number' ? replicas : 1;
}

/** `shop/db: Restart, 3 workloads with 12 pods, 1 at a time, about 4m0s; 1 is not healthy`. */
export function summarizePlan(entry: PlanEntry): string {
  const { namespace, name, mode, workloads, pods, concurrency, expectedSeconds, unhealthy, obstacle } = entry;
  const touched = workloads.filter(({ part }) => touching.has(part)).length;
  const head = `${namespace}/${name}: ${mode}, ${count(touched, 'workload')} with ${count(pods, 'pod')}`;
  const pace =
    touched === 0 ? '' : `, ${concurrency} at a time, about ${formatDuration(Math.ceil(expectedSeconds) * 1000)}`;
  const ill = unhealthy === 0 ? '' : `; ${unhealthy} not healthy now`;
  return `${head}${pace}${ill}${obstacle === null ? '' : `; ${obstacle}`}`;
}

const touching: ReadonlySet<PreviewStep['part']> = new Set(['Canary', 'Follows', 'Unhealthy']);
