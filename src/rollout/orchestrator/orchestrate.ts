import { isWanted } from './candidates.ts';
import { chooseStarts, type Start } from './choose-starts.ts';
import { explain } from './explain.ts';
import { Lane, loadOf } from './lane.ts';
import { isInFlight } from './observe.ts';
import { type MadeStart, type SourceOutcome, toSourceOutcome } from './outcome.ts';
import { estimateCompletion } from './pace.ts';
import { type RolloutEvent, toRolloutEvents } from './rollout-events.ts';
import type { RolloutStatus } from '../rollout-status.ts';
import type { NamespaceView } from './rollout-view.ts';
import { type NamespaceRun, type SourceRun, toNamespaceRun } from './source-run.ts';
import { wakeAt } from './wake.ts';

export interface NamespacePlan {
  /** Patches to send. Those of a mode go into one annotation, see `toTemplateAnnotations`. */
  readonly starts: readonly Start[];
  /** By source, as if every start succeeded; `afterStarts` has what came of them. A source without one has nothing to say. */
  readonly statuses: ReadonlyMap<string, RolloutStatus>;
  readonly events: readonly RolloutEvent[];
  /** Keys of the workloads that count against the bound of the cluster. */
  readonly inFlight: readonly string[];
  /** Keys of the workloads whose pods and number of revisions must be looked at for the next plan. */
  readonly watched: readonly string[];
  /** When time alone changes the plan, in milliseconds since the epoch; undefined: never. */
  readonly wakeAt: number | undefined;
}

/**
 * What is to be done now about the workloads of a namespace. A function of what is there, and all that must last is in the statuses:
 * asked again after whatever happened, it goes on where things stand.
 */
export function orchestrate(view: NamespaceView): NamespacePlan {
  return toPlan(toNamespaceRun(view), ({ workload }) => workload.generation);
}

/**
 * The same once the patches were sent: what is recorded and told. `generations` has, by workload, the generation that the API server
 * answered. A start that is not among them has failed, and nothing of it is recorded.
 */
export function afterStarts(view: NamespaceView, generations: ReadonlyMap<string, number>): NamespacePlan {
  return toPlan(toNamespaceRun(view), ({ workload }) => generations.get(workload.key));
}

/** `generationOf` undefined: the start was not made. */
function toPlan(run: NamespaceRun, generationOf: (start: Start) => number | undefined): NamespacePlan {
  const { starts, uncounted } = chooseStarts(run);
  const made = starts.flatMap((start): readonly MadeStart[] => {
    const generation = generationOf(start);
    return generation === undefined ? [] : [{ ...start, generation }];
  });
  const outcomes = run.sources.map((source) => toSourceOutcome(source, made, run));
  const heard = outcomes.filter(isHeard);
  const inFlight = outcomes.flatMap(({ seats }) =>
    seats.flatMap(({ entry }) => (isInFlight(entry) ? (entry?.workload ?? []) : [])),
  );
  const times = outcomes.flatMap((outcome) => wakeAt(outcome, run.view.now) ?? []);
  return {
    starts: made,
    statuses: new Map(heard.map((outcome) => [outcome.run.source.key, toStatus(outcome, run)])),
    events: heard.flatMap(toRolloutEvents),
    inFlight: [...new Set(inFlight)],
    watched: [...new Set([...inFlight, ...uncounted, ...run.sources.flatMap((source) => watchedBy(source, run))])],
    wakeAt: times.length === 0 ? undefined : Math.min(...times),
  };
}

/** Off, and never anything else: a status would be noise. */
function isHeard({ run: { source }, seats }: SourceOutcome): boolean {
  return source.spec.mode !== 'Off' || source.status !== undefined || seats.length > 0;
}

/** Canaries during their soak, and those that begin once there are fewer revisions of them. */
function watchedBy(source: SourceRun, { states, view: { now } }: NamespaceRun): readonly string[] {
  const { phase, halted, members } = source;
  const canaries = phase.kind === 'Watching' && halted === undefined ? phase.canaries : [];
  const braked = members.filter(
    (member) => isWanted(source, member, now) && states.get(member.view.workload.key)?.block === 'Braked',
  );
  return [...canaries, ...braked].map(({ view }) => view.workload.key);
}

function toStatus(outcome: SourceOutcome, run: NamespaceRun): RolloutStatus {
  const { run: source, seats, counts, state, history } = outcome;
  const { version, since, changingSince } = source.content;
  const {
    halted,
    source: { status },
  } = source;
  const entries = seats.flatMap(({ entry }) => entry ?? []);
  const estimatedCompletion = estimate(outcome, run);
  return {
    ...(version !== undefined && { version }),
    ...(since !== undefined && { since }),
    ...(changingSince !== undefined && { changingSince }),
    state,
    message: explain(outcome, run),
    ...counts,
    ...(estimatedCompletion !== undefined && { estimatedCompletion }),
    ...(status?.oldestInUse !== undefined && { oldestInUse: status.oldestInUse }),
    ...(halted !== undefined && { halted }),
    ...(history.length > 0 && { history }),
    ...(entries.length > 0 && { workloads: entries }),
  };
}

/** Only while it goes on by itself. */
function estimate({ run: source, state, counts }: SourceOutcome, run: NamespaceRun): string | undefined {
  if (state !== 'InProgress' && state !== 'Soaking') return undefined;
  const { limit } = new Lane(source, run);
  const remaining = counts.waiting + counts.inProgress;
  const soakMs = source.phase.kind === 'Over' || counts.waiting === 0 ? 0 : source.source.spec.canary.soakMs;
  return estimateCompletion({ ...loadOf(source, run), remaining }, { limit, soakMs }, source.source.status);
}
