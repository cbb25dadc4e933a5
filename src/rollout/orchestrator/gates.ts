import { cooldownEnd } from './cooldown.ts';
import type { Halt, RolloutRecord, RolloutState } from '../rollout-status.ts';
import type { SourceView } from './rollout-view.ts';
import type { Content } from './settle.ts';
import { isWindowOpen, nextOpening } from './windows.ts';

/** What keeps a source from rolling out. */
export interface Gate {
  readonly state: Extract<
    RolloutState,
    'Frozen' | 'Halted' | 'ContentUnknown' | 'Settling' | 'AwaitingApproval' | 'AwaitingWindow' | 'CoolingDown'
  >;
  /** When it opens by itself, in milliseconds since the epoch; undefined: somebody has to act. */
  readonly until: number | undefined;
}

export interface GateFacts {
  readonly source: SourceView;
  readonly content: Content;
  readonly halted: Halt | undefined;
  readonly history: readonly RolloutRecord[];
  readonly now: number;
}

/** Those that are closed for a version, what matters most first. */
export function closedGates(facts: GateFacts): readonly Gate[] {
  const { source, content, history, now } = facts;
  const { version, settlesAt } = content;
  const gates = [...closedForAll(facts)];
  if (settlesAt !== undefined) gates.push({ state: 'Settling', until: settlesAt });
  if (source.spec.approval === 'Manual' && source.approve !== version) gates.push(closed('AwaitingApproval'));
  if (!isWindowOpen(source.spec.windows, now)) gates.push(awaitWindow(facts));
  // Who names the version has it in mind.
  const isAsked = source.resume === version || source.approve === version;
  const cooldown = isAsked ? undefined : cooldownEnd(history, content, now);
  if (cooldown !== undefined) gates.push({ state: 'CoolingDown', until: cooldown });
  return gates;
}

/** Those that are closed for putting back what has been rolled out before. */
export function closedForPutBack(facts: GateFacts): readonly Gate[] {
  const { source, now } = facts;
  const gates = [...closedForAll(facts)];
  if (!isWindowOpen(source.spec.windows, now)) gates.push(awaitWindow(facts));
  return gates;
}

function closedForAll({ source, content, halted }: GateFacts): readonly Gate[] {
  return [
    ...(source.isFrozen ? [closed('Frozen')] : []),
    ...(halted === undefined ? [] : [closed('Halted')]),
    ...(content.isKnown ? [] : [closed('ContentUnknown')]),
  ];
}

function closed(state: Gate['state']): Gate {
  return { state, until: undefined };
}

function awaitWindow({ source, now }: GateFacts): Gate {
  return { state: 'AwaitingWindow', until: nextOpening(source.spec.windows, now) };
}
