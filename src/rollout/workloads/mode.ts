import type { RolloutMode } from './mode-label.ts';
import type { KeySet } from './references.ts';
import { type ReloaderVerdict, reloaderVerdict } from './reloader.ts';
import type { Workload } from './workload.ts';

/** A SecretProviderClassSync as a source of rollouts. */
export interface RolloutSource {
  /** Its SecretProviderClass: workloads that mount it use all of its Secrets. */
  readonly className: string;
  /** `spec.rollout.mode`. */
  readonly mode: RolloutMode;
  /** It, or its namespace, carries the label `lockstep.dev/freeze`. */
  readonly isFrozen: boolean;
  readonly secrets: readonly SourceSecret[];
}

export interface SourceSecret {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What a source means for a workload. */
export interface Target {
  /** Off: nothing, and `secrets` is empty. */
  readonly mode: RolloutMode;
  /** Nothing may be written to the workload or announced; what is seen may be recorded. */
  readonly isFrozen: boolean;
  /** The Secrets of the source that concern the workload, with the keys that it uses. */
  readonly secrets: ReadonlyMap<string, KeySet>;
}

export interface TargetOptions {
  /** Whether Reloader's annotations count. */
  readonly understandsReloader: boolean;
}

/**
 * Freeze is before everything; then the label of the workload; then, where they are understood, Reloader's annotations of the
 * workload, which turn a source that is Off into Restart; then the source. What those annotations exclude stays excluded.
 * A CronJob is a target in Pin only.
 */
export function toTarget(workload: Workload, source: RolloutSource, options: TargetOptions): Target {
  const isFrozen = workload.isFrozen || source.isFrozen;
  const choices = source.secrets.map((secret) => choose(workload, source, { secret, ...options }));
  const chosen = choices.filter(({ mode, keys }) => mode !== 'Off' && keys !== undefined);
  // All that are chosen have the same one: only Reloader's word differs by Secret, and it is for a source that is Off.
  const mode = chosen[0]?.mode ?? 'Off';
  if (mode === 'Off' || (workload.kind === 'CronJob' && mode !== 'Pin')) {
    return { mode: 'Off', isFrozen, secrets: new Map() };
  }
  return { mode, isFrozen, secrets: new Map(chosen.map(({ name, keys = 'all' }) => [name, keys])) };
}

interface Choice {
  readonly name: string;
  readonly mode: RolloutMode;
  /** Undefined: the workload does not use it. */
  readonly keys: KeySet | undefined;
}

type ChoiceOptions = TargetOptions & { readonly secret: SourceSecret };

function choose(workload: Workload, source: RolloutSource, { secret, understandsReloader }: ChoiceOptions): Choice {
  const { name, annotations } = secret;
  const isMounted = workload.classes.includes(source.className);
  const referenced = workload.references.find((reference) => reference.secret === name)?.keys;
  const use = referenced !== undefined ? 'reference' : isMounted ? 'mount' : undefined;
  const verdict =
    understandsReloader && workload.reloader !== undefined
      ? reloaderVerdict(workload.reloader, { name, annotations, use })
      : 'Unsaid';
  const keys = isMounted ? 'all' : (referenced ?? (verdict === 'Reload' ? 'all' : undefined));
  return { name, mode: modeFor(workload.mode, source.mode, verdict), keys };
}

function modeFor(label: RolloutMode | undefined, spec: RolloutMode, verdict: ReloaderVerdict): RolloutMode {
  switch (verdict) {
    case 'Excluded':
      return 'Off';
    case 'OptedOut':
      return label ?? 'Off';
    case 'Reload':
      return label ?? (spec === 'Off' ? 'Restart' : spec);
    case 'Unsaid':
      return label ?? spec;
  }
}
