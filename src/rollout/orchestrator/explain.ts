import { formatDuration } from '../../core/duration.ts';
import { joinWithin } from '../../core/clip.ts';
import { toTimeText } from '../../kube/condition.ts';
import { rolloutNames } from '../names.ts';
import type { Place, SettledSeat, SourceOutcome } from './outcome.ts';
import { isWell, patienceMs } from './observe.ts';
import type { Gate } from './gates.ts';
import { maxWorkloads, type RolloutState } from '../rollout-status.ts';
import type { NamespaceRun, SourceRun } from './source-run.ts';
import type { Block } from './workload-state.ts';

/** The sentence of a status: how far it is, what it waits for, and what to do. */
export function explain(outcome: SourceOutcome, namespace: NamespaceRun): string {
  const { run, seats, counts, state } = outcome;
  const parts = [...heads[state](outcome)];
  if (state === 'InProgress' && counts.inProgress === 0 && namespace.view.freeSlots <= 0) {
    parts.push('they wait for rollouts elsewhere in the cluster (--rollout-max-concurrent)');
  }
  parts.push(...blocksOf(outcome, namespace), ...heldOf(seats));
  if (run.omitted > 0) {
    parts.push(
      `${run.omitted} more workloads are left alone: one SecretProviderClassSync rolls out ${maxWorkloads} at most; split it`,
    );
  }
  return joinWithin(parts, maxBytes);
}

const maxBytes = 2048;

const heads: Readonly<Record<RolloutState, (outcome: SourceOutcome) => readonly string[]>> = {
  Idle: () => ['no workload that is to be rolled out uses the Secrets'],
  ContentUnknown: () => [unknownText],
  Frozen: gateTexts,
  Settling: gateTexts,
  AwaitingApproval: gateTexts,
  AwaitingWindow: gateTexts,
  CoolingDown: gateTexts,
  InProgress: (outcome) => [progressText(outcome), ...gateTexts(outcome)],
  Soaking: ({ run }) => [soakText(run)],
  Halted: ({ run, counts }) => [haltText(run, counts.waiting)],
  Held: (outcome) => [progressText(outcome)],
  Conflict: (outcome) => [progressText(outcome)],
  Complete: (outcome) => [progressText(outcome)],
};

const unknownText = 'what the Secrets hold is not known at present; the condition Ready says why';

function progressText({ run, counts }: SourceOutcome): string {
  const { updated, total, inProgress, failed } = counts;
  const moving = inProgress === 0 ? '' : `, ${inProgress} are on their way`;
  return `${updated} of ${total} workloads have version ${run.content.version ?? 'of unknown content'}${moving}${failed === 0 ? '' : `, ${failed} failed`}`;
}

function gateTexts({ run, counts }: SourceOutcome): readonly string[] {
  return counts.waiting === 0 ? [] : run.gates.map((gate) => gateText(gate, run));
}

function gateText({ state, until }: Gate, run: SourceRun): string {
  const { version = '' } = run.content;
  switch (state) {
    case 'Frozen':
      return `nothing begins: remove the label ${rolloutNames.freeze} from the SecretProviderClassSync or its namespace`;
    case 'Halted':
      return haltText(run, 0);
    case 'ContentUnknown':
      return unknownText;
    case 'Settling':
      return `version ${version} has to come to rest first: nothing begins before ${timeText(until)}`;
    case 'AwaitingApproval':
      return `version ${version} waits for approval: ${annotate(run, rolloutNames.approve)}`;
    case 'AwaitingWindow':
      return until === undefined
        ? `version ${version} waits for a window, and none ever opens: correct spec.rollout.windows`
        : `version ${version} waits for the window that opens at ${timeText(until)}`;
    case 'CoolingDown':
      return `the content keeps changing: version ${version} waits until ${timeText(until)}; to begin at once: ${annotate(run, rolloutNames.approve)}`;
  }
}

function haltText(run: SourceRun, waiting: number): string {
  const { version = '', workload = '', reason = '' } = run.halted ?? {};
  return `version ${version} was stopped when ${workload} failed (${reason}); ${waiting} workloads wait for a new version; to go on with this one: ${annotate(run, rolloutNames.resume)}`;
}

function soakText({ phase, content }: SourceRun): string {
  const { canaries = [], until, tiredAt } = phase.kind === 'Watching' ? phase : {};
  if (tiredAt === undefined) {
    return `version ${content.version} is watched on its first workloads until ${timeText(until)}; the others follow if these stay healthy`;
  }
  const ill = canaries.filter(({ view }) => !isWell(view)).map(({ view }) => view.workload.key);
  return `version ${content.version} waits for its first workloads, which are not healthy: ${ill.join(', ')}; it is stopped at ${timeText(tiredAt)} if they stay so`;
}

function annotate({ source, content }: SourceRun, annotation: string): string {
  const [namespace = '', name = ''] = source.key.split('/');
  return `kubectl annotate spcsync ${name} --namespace=${namespace} --overwrite ${annotation}=${content.version}`;
}

function timeText(ms: number | undefined): string {
  return ms === undefined ? 'an unknown time' : toTimeText(ms);
}

function blocksOf({ run, seats }: SourceOutcome, { states, view }: NamespaceRun): readonly string[] {
  return at(seats, 'waiting').flatMap(
    ({
      member: {
        view: { workload },
        decision,
      },
    }) => {
      const block = states.get(workload.key)?.block;
      if (block !== undefined) return block === 'Frozen' && run.source.isFrozen ? [] : blockText(workload.key, block);
      if (decision.kind !== 'reverted' || decision.dueAt <= view.now) return [];
      return `the annotation that somebody took off the pod template of ${workload.key} is put back at ${timeText(decision.dueAt)}`;
    },
  );
}

function blockText(key: string, block: Block): readonly string[] {
  switch (block) {
    case 'Frozen':
      return [`${key} is frozen: remove the label ${rolloutNames.freeze} from it`];
    case 'Paused':
      return [`${key} is paused and left alone: resume it with kubectl rollout resume`];
    case 'Busy':
      return [`${key} waits for a change of its own to roll out, ${formatDuration(patienceMs)} at most`];
    case 'Braked':
      return [`${key} is not healthy and has more old revisions than its revisionHistoryLimit allows: repair it first`];
    case 'InFlight':
      return [];
  }
}

function heldOf(seats: readonly SettledSeat[]): readonly string[] {
  return at(seats, 'held').map(({ member }) => {
    const { key } = member.view.workload;
    return member.decision.kind === 'conflict'
      ? conflictText(key)
      : `${key} was rolled back and stays so until the next version`;
  });
}

export function heldText(key: string): string {
  return `${key} was rolled back and stays so until the next version`;
}

/** What to do where a GitOps tool takes our annotation away. */
export function conflictText(key: string): string {
  return (
    `somebody keeps taking the annotation of lockstep off the pod template of ${key}, and it is not put back any more. ` +
    'Argo CD: ignoreDifferences with managedFieldsManagers [lockstep-rollout] and the sync option RespectIgnoreDifferences=true. ' +
    'Flux: no force, or kustomize.toolkit.fluxcd.io/ssa: Merge'
  );
}

function at(seats: readonly SettledSeat[], place: Place): readonly SettledSeat[] {
  return seats.filter((seat) => seat.place === place);
}
