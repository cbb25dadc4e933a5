import { type SecretError, toSecretError } from '../core/errors.ts';
import type { CallOptions } from '../kube/client/api-client.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Start } from './orchestrator/choose-starts.ts';
import { patchTemplate, type PatchTemplateDeps } from './workloads/patch-template.ts';
import type { Source } from './source.ts';
import { type TemplateChange, toTemplateAnnotations } from './workloads/template-annotations.ts';
import type { Pass } from './verdict.ts';

export interface StartDeps extends PatchTemplateDeps {
  readonly metrics: Pick<Metrics, 'rolloutPatches'>;
}

/** What became of the patches, by workload. */
export interface Started {
  /** Answered by the API server. */
  readonly generations: ReadonlyMap<string, number>;
  readonly failures: ReadonlyMap<string, SecretError>;
}

/**
 * Patches one template after the other: a deposed leader stops at once, and a failure does not keep the others. Throws NOT_LEADER
 * and the signal's reason.
 */
export async function startWorkloads(
  starts: readonly Start[],
  pass: Pass,
  deps: StartDeps,
  options: CallOptions,
): Promise<Started> {
  const generations = new Map<string, number>();
  const failures = new Map<string, SecretError>();
  for (const start of starts) {
    const { key } = start.workload;
    try {
      const annotations = toTemplateAnnotations(start.workload, changesOf(start, pass), pass.keyId);
      generations.set(key, await patchTemplate(start.workload, annotations, deps, options));
      deps.metrics.rolloutPatches.inc({ result: 'ok' });
    } catch (error) {
      const failure = toFailure(error, options);
      deps.metrics.rolloutPatches.inc({ result: failure.code });
      failures.set(key, failure);
    }
  }
  return { generations, failures };
}

/** Throws what ends a pass: the signal's reason, and NOT_LEADER. */
export function toFailure(error: unknown, { signal }: CallOptions): SecretError {
  signal.throwIfAborted();
  const failure = toSecretError(error);
  if (failure.code === 'NOT_LEADER') throw failure;
  return failure;
}

function changesOf({ workload, patches }: Start, { targets, unclear }: Pass): readonly TemplateChange[] {
  const changes = [...(targets.get(workload.key) ?? [])].flatMap(([source, { mode, secrets }]) =>
    mode === 'Restart' || mode === 'Pin'
      ? [{ mode, tracked: secrets.keys(), entries: patches.get(source)?.entries ?? nothing }]
      : [],
  );
  return [...changes, ...unclear.flatMap(toKept)];
}

const nothing: ReadonlyMap<string, string> = new Map();

/** What an author is about to say otherwise stays as it stands. */
function toKept({ secrets }: Source): readonly TemplateChange[] {
  const tracked = secrets.map(({ name }) => name);
  return [
    { mode: 'Restart', tracked, entries: nothing },
    { mode: 'Pin', tracked, entries: nothing },
  ];
}
