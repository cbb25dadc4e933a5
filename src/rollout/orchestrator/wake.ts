import { isInFlight, patienceMs } from './observe.ts';
import type { SettledSeat, SourceOutcome } from './outcome.ts';
import { pastTime } from '../past-time.ts';
import { quietMs } from './settle.ts';

/** So often the pace is set anew where a deadline counts. */
const paceMs = 60_000;

/** When time alone brings another plan for a source, in milliseconds since the epoch; undefined: never. */
export function wakeAt(outcome: SourceOutcome, now: number): number | undefined {
  const times = [...timesOfSource(outcome, now), ...outcome.seats.flatMap((seat) => timesOfSeat(seat, now))];
  const next = Math.min(...times.filter((time) => time > now));
  return next === Infinity ? undefined : next;
}

function timesOfSource({ run, counts }: SourceOutcome, now: number): readonly number[] {
  const { content, source, gates, putBackGates, phase } = run;
  const times = [content.settlesAt ?? 0];
  if (counts.waiting === 0) return times;
  times.push(...[...gates, ...putBackGates].map(({ until }) => until ?? 0));
  if (content.isRestless) times.push(pastTime(content.since, now) + quietMs);
  if (source.spec.deadlineMs !== undefined) times.push(now + paceMs);
  if (phase.kind === 'Watching') times.push(phase.until ?? 0, phase.tiredAt ?? 0);
  return times;
}

function timesOfSeat({ member, entry, place }: SettledSeat, now: number): readonly number[] {
  const { decision } = member;
  const times: number[] = [];
  if (decision.kind === 'reverted') times.push(decision.dueAt);
  if (place === 'waiting' && entry?.busySince !== undefined) times.push(pastTime(entry.busySince, now) + patienceMs);
  const { rollout } = entry ?? {};
  if (rollout === undefined) return times;
  if (isInFlight(entry)) {
    const { progressDeadlineMs } = member.view.workload;
    times.push(pastTime(rollout.progress?.at ?? rollout.startedAt, now) + progressDeadlineMs);
  }
  return times;
}
