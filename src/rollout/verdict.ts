import type { SecretError } from '../core/errors.ts';
import { problemsError } from '../core/problem.ts';
import { keyOf, type ObjectKey } from '../kube/objects.ts';
import type { BuiltView } from './build-view.ts';
import type { KnownContent } from './versions/contents.ts';
import type { NamespacePlan } from './orchestrator/orchestrate.ts';
import type { PinSupport } from './versions/pin-support.ts';
import type { Verdict } from './rollout-report.ts';
import type { OldestVersion, RolloutState, RolloutStatus } from './rollout-status.ts';
import type { Source } from './source.ts';
import type { RolloutMode } from './workloads/mode-label.ts';

/** A look at a namespace. */
export interface Pass extends BuiltView {
  /** Sources whose `spec.rollout` nobody understands. */
  readonly unclear: readonly Source[];
  /** By source: the modes of all its targets. */
  readonly modes: ReadonlyMap<string, ReadonlySet<RolloutMode>>;
  readonly pin: PinSupport;
  readonly keyId: string;
  readonly contentOf: (secret: ObjectKey) => KnownContent | undefined;
}

/** What a pass came to. */
export interface Outcome extends Pass {
  readonly plan: NamespacePlan;
  /** Why a patch was not written, by workload. */
  readonly failures: ReadonlyMap<string, SecretError>;
  /** The oldest versions that something uses, by the last sweep; undefined: there was none in this term. */
  readonly oldestInUse: (source: Source) => readonly OldestVersion[] | undefined;
}

/** How a source stands after a pass. Undefined: it has nothing to do with rollouts. */
export function toVerdict(source: Source, outcome: Outcome): Verdict | undefined {
  if (!source.spec.ok) {
    const { message } = problemsError(source.spec.problems.map((problem) => ({ code: 'SYNC_INVALID', ...problem })));
    return { rollout: source.status, status: 'False', reason: 'Invalid', message };
  }
  const rollout = withOldest(outcome.plan.statuses.get(source.key), outcome.oldestInUse(source));
  const modes = modesOf(source, outcome);
  if (!rollout || (source.spec.value.mode === 'Off' && modes.size === 0)) return undefined;
  if (modes.has('Pin') && !outcome.pin.ok) {
    const { reason, remedy } = outcome.pin;
    return { rollout, status: 'False', reason: 'PinUnsupported', message: `${reason}; ${remedy}` };
  }
  const unkept = unkeptProblem(source, outcome);
  if (unkept && modes.has('Pin'))
    return { rollout, status: 'False', reason: 'VersionNotKept', message: unkept.message };
  const failures = [...outcome.failures].filter(([workload]) => outcome.targets.get(workload)?.has(source.key));
  const [failed] = failures;
  if (failed) {
    const [workload, { message }] = failed;
    const others = failures.length > 1 ? ` (and ${failures.length - 1} more)` : '';
    return { rollout, status: 'False', reason: 'PatchFailed', message: `${workload}${others}: ${message}` };
  }
  const { state, message } = rollout;
  return { rollout, status: done.has(state) ? 'True' : 'False', reason: state, message };
}

const done: ReadonlySet<RolloutState> = new Set(['Idle', 'Complete']);

/** What the last sweep of a leader before found holds until the first one of our own. */
function withOldest(
  rollout: RolloutStatus | undefined,
  oldest: readonly OldestVersion[] | undefined,
): RolloutStatus | undefined {
  if (!rollout || !oldest) return rollout;
  const { oldestInUse: _, ...rest } = rollout;
  return oldest.length === 0 ? rest : { ...rest, oldestInUse: oldest };
}

/** Why a version of one of its Secrets could not be kept. */
function unkeptProblem({ namespace, secrets }: Source, { contentOf }: Outcome): SecretError | undefined {
  return secrets.map(({ name }) => contentOf(keyOf({ namespace, name }))?.problem).find((problem) => problem);
}

function modesOf({ key, spec }: Source, { modes }: Outcome): ReadonlySet<RolloutMode> {
  const found = modes.get(key) ?? new Set();
  return spec.ok && spec.value.mode !== 'Off' ? new Set([...found, spec.value.mode]) : found;
}
