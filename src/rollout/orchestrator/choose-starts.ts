import { type Candidate, type Seat, toCandidates } from './candidates.ts';
import type { Patch } from '../decide.ts';
import { Lane } from './lane.ts';
import type { PatchedEntry, WorkloadRollout } from '../ledger.ts';
import { toTime } from '../past-time.ts';
import type { NamespaceRun } from './source-run.ts';
import type { Workload } from '../workloads/workload.ts';

/** A patch to send. */
export interface Start {
  readonly workload: Workload;
  /** By source: what is written for it, and the ledger once it has been. */
  readonly patches: ReadonlyMap<string, Patch>;
}

/** Whose turn it is. */
export interface Choice {
  readonly starts: readonly Start[];
  /** Keys of workloads that would begin, if their revisions had been counted. */
  readonly uncounted: readonly string[];
}

/**
 * The workloads that begin now. The same facts bring the same ones in the same order, so that one whose patch was answered to nobody
 * comes first again, and is found to be patched.
 */
export function chooseStarts(run: NamespaceRun): Choice {
  const { view, states, sources } = run;
  const lanes = new Map(sources.map((source) => [source, new Lane(source, run)]));
  const candidates = toCandidates(run);
  const limits = candidates.flatMap(({ initiators }) => initiators.map((source) => lanes.get(source)?.limit ?? 0));
  const bound = Math.min(view.freeSlots, Math.max(0, ...limits));
  const chosen: Candidate[] = [];
  const inFlight = [...states.values()].filter((state) => state.isInFlight).length;
  for (const candidate of candidates) {
    if (inFlight + chosen.length >= bound) break;
    const those = candidate.initiators.flatMap((source) => lanes.get(source) ?? []);
    if (!those.every((lane) => lane.admits(candidate))) continue;
    for (const lane of those) lane.begin();
    chosen.push(candidate);
  }
  return {
    starts: chosen.filter(({ state }) => !state.isUncounted).map((candidate) => toStart(candidate, view.now)),
    uncounted: chosen.filter(({ state }) => state.isUncounted).map((candidate) => candidate.view.workload.key),
  };
}

function toStart(candidate: Candidate, now: number): Start {
  const patches = candidate.seats.flatMap((seat) => {
    const patch = patchFor(seat, candidate);
    return patch ? [[seat.run.source.key, withRollout(patch, seat, candidate, now)] as const] : [];
  });
  return { workload: candidate.view.workload, patches: new Map(patches) };
}

/**
 * What a start writes for each of its sources. In Restart the new pods read whatever there is of any source, asked or not: to write
 * anything else would restart them once more. And what was taken away comes back in one piece: a part of it would look like an
 * undo of the rest.
 */
function patchFor({ run, member }: Seat, { initiators }: Candidate): Patch | undefined {
  const { decision, before } = member;
  if (decision.kind === 'reverted') return decision.patch;
  if (decision.kind === 'stamp') {
    return initiators.includes(run) || decision.patch.ledger.mode === 'Restart' ? decision.patch : undefined;
  }
  if (decision.kind !== 'conflict') return undefined;
  // Who takes it away goes on doing so.
  const { reverts, revertedAt } = before ?? {};
  const kept = { ...(reverts !== undefined && { reverts }), ...(revertedAt !== undefined && { revertedAt }) };
  return { ...decision.patch, ledger: { ...decision.patch.ledger, ...kept } };
}

function withRollout(patch: Patch, { run }: Seat, { state }: Candidate, now: number): Patch {
  const { version } = run.content;
  if (version === undefined) return patch;
  const rollout: WorkloadRollout = {
    version,
    startedAt: toTime(now),
    ...(state.isIll && { wasUnhealthy: true as const }),
  };
  const ledger: PatchedEntry = { ...patch.ledger, rollout };
  return { ...patch, ledger };
}
