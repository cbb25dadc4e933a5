import { type Candidate, isWanted } from './candidates.ts';
import { isInFlight } from './observe.ts';
import { concurrencyOf, type Load } from './pace.ts';
import { duePatch, type Participant } from './participants.ts';
import { isBegun } from './cooldown.ts';
import type { NamespaceRun, SourceRun } from './source-run.ts';

/** How many more workloads of one source may begin in this pass, and which. */
export class Lane {
  readonly limit: number;
  #inFlight: number;
  #room: number;
  /** No workload of a later order may begin; infinite: all that are well have been asked. */
  readonly #wave: number;

  constructor(run: SourceRun, namespace: NamespaceRun) {
    const load = loadOf(run, namespace);
    const { history, content, source } = run;
    this.limit = concurrencyOf(source.spec, load, isBegun(history, content.version) ? history[0] : undefined);
    this.#inFlight = run.members.filter(({ entry }) => isInFlight(entry)).length;
    this.#room = roomOf(run);
    this.#wave = Math.min(...run.members.flatMap((member) => (isAhead(member, run, namespace) ? orderOf(member) : [])));
  }

  admits({ view, state }: Candidate): boolean {
    if (this.#inFlight >= this.limit) return false;
    const isProof = !state.isIll && view.workload.kind !== 'CronJob';
    if (this.#room < (isProof ? 1 : Infinity)) return false;
    const isLast = state.isIll && !state.isBrokenByUs;
    return isLast ? this.#wave === Infinity : view.workload.order <= this.#wave;
  }

  begin(): void {
    this.#inFlight++;
    this.#room--;
  }
}

/** What a source has before it. */
export function loadOf({ members }: SourceRun, { averageMs, view: { now } }: NamespaceRun): Load {
  const remaining = members.filter((member) => isInFlight(member.entry) || duePatch(member) !== undefined).length;
  return { total: members.length, remaining, averageMs, now };
}

/** How many may begin before somebody else has proven the version; infinite: that is done. */
function roomOf({ phase }: SourceRun): number {
  switch (phase.kind) {
    case 'Over':
      return Infinity;
    case 'Starting':
      return phase.room;
    case 'Watching':
      return 0;
  }
}

/** Whether those of a later order wait for it: nobody waits for what was ill before, or is left alone. */
function isAhead(member: Participant, run: SourceRun, { states, view }: NamespaceRun): boolean {
  if (isInFlight(member.entry)) return member.entry?.rollout?.wasUnhealthy !== true;
  const { isIll, block } = states.get(member.view.workload.key) ?? {};
  return isIll === false && block !== 'Frozen' && block !== 'Paused' && isWanted(run, member, view.now);
}

function orderOf({ view }: Participant): number {
  return view.workload.order;
}
