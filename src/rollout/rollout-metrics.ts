import type { Metrics } from '../platform/metrics.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Verdict } from './rollout-report.ts';
import type { RolloutStatus } from './rollout-status.ts';
import type { Source } from './source.ts';

type Counts = Readonly<Record<(typeof states)[number], number>> & {
  readonly halted: number;
  readonly behind: number;
};

const states = ['Updated', 'InProgress', 'Failed', 'Held', 'Waiting'] as const;

const nothing: Counts = { Updated: 0, InProgress: 0, Failed: 0, Held: 0, Waiting: 0, halted: 0, behind: 0 };

/** The series of rollouts: sums over all sources; nothing stays of one that is gone. */
export class RolloutMetrics {
  readonly #metrics: Pick<Metrics, 'rolloutWorkloads' | 'rolloutHalted' | 'rolloutBehindDeadline' | 'rolloutOutcomes'>;
  readonly #known = new Map<string, Counts>();

  constructor(
    metrics: Pick<Metrics, 'rolloutWorkloads' | 'rolloutHalted' | 'rolloutBehindDeadline' | 'rolloutOutcomes'>,
  ) {
    this.#metrics = metrics;
  }

  /** `source`: as it was before, so that an outcome counts once. Undefined verdict: rollouts have nothing to say of it. */
  record(source: Source, verdict: Verdict | undefined, nowMs: number): void {
    const rollout = verdict?.rollout;
    if (!rollout) {
      this.forget(source.key);
      return;
    }
    this.#show(source.key, toCounts(source, rollout, nowMs));
    const before = new Map((source.status?.workloads ?? []).map((entry) => [entry.workload, entry]));
    for (const entry of rollout.workloads ?? []) this.#count(before.get(entry.workload), entry);
  }

  forget(key: string): void {
    this.#show(key, nothing);
  }

  /** Others count from now on. */
  clear(): void {
    for (const key of this.#known.keys()) this.forget(key);
  }

  #show(key: string, after: Counts): void {
    const before = this.#known.get(key) ?? nothing;
    if (after === nothing) this.#known.delete(key);
    else this.#known.set(key, after);
    const { rolloutWorkloads, rolloutHalted, rolloutBehindDeadline } = this.#metrics;
    for (const state of states) rolloutWorkloads.inc({ state }, after[state] - before[state]);
    rolloutHalted.inc(after.halted - before.halted);
    rolloutBehindDeadline.inc(after.behind - before.behind);
  }

  #count(before: LedgerEntry | undefined, { rollout }: LedgerEntry): void {
    if (rollout?.outcome === undefined) return;
    const isKnown = before?.rollout?.startedAt === rollout.startedAt && before.rollout.outcome === rollout.outcome;
    if (!isKnown) this.#metrics.rolloutOutcomes.inc({ outcome: rollout.outcome });
  }
}

function toCounts({ spec }: Source, rollout: RolloutStatus, nowMs: number): Counts {
  const { updated, inProgress, failed, held, waiting, state } = rollout;
  const deadlineMs = spec.ok ? spec.value.deadlineMs : undefined;
  return {
    Updated: updated,
    InProgress: inProgress,
    Failed: failed,
    Held: held,
    Waiting: waiting,
    halted: state === 'Halted' ? 1 : 0,
    behind: deadlineMs !== undefined && isBehind(rollout, deadlineMs, nowMs) ? 1 : 0,
  };
}

/** The time runs from the first start of the version. */
function isBehind({ history = [], estimatedCompletion }: RolloutStatus, deadlineMs: number, nowMs: number): boolean {
  const [latest] = history;
  if (latest?.outcome !== 'InProgress') return false;
  const estimateMs = estimatedCompletion === undefined ? nowMs : Date.parse(estimatedCompletion);
  return Math.max(nowMs, estimateMs) > Date.parse(latest.startedAt) + deadlineMs;
}
