import { nearest } from '../../core/nearest.ts';
import { parseGoBool } from '../../core/parse-bool.ts';
import type { ObjectMeta } from '../../kube/objects.ts';
import { rolloutNames } from '../names.ts';

/** What happens to a workload when a Secret that it uses changes. */
export type RolloutMode = 'Off' | 'Notify' | 'Restart' | 'Pin';

export interface ModeLabel {
  /** Undefined: there is no label. */
  readonly value: RolloutMode | undefined;
  readonly problem?: string;
}

/** The label `lockstep.dev/rollout`, in any case. What is none of the four counts as Off: somebody wanted an exception. */
export function parseModeLabel(text: string | undefined): ModeLabel {
  if (text === undefined) return { value: undefined };
  const value = modes.get(text.toLowerCase());
  if (value !== undefined) return { value };
  const guess = nearest(text, modes.keys());
  const hint = guess === undefined ? '.' : ` (did you mean ${guess}?).`;
  return {
    value: 'Off',
    problem: `label ${rolloutNames.mode} must be one of ${[...modes.keys()].join(', ')}${hint} Until then it counts as off`,
  };
}

/**
 * Whether the label `lockstep.dev/freeze` of a Namespace, SecretProviderClassSync or workload stands. Whoever sets it is in a
 * hurry: only a clear `false` does not count.
 */
export function isFrozen(labels: ObjectMeta['labels']): boolean {
  const text: unknown = labels?.[rolloutNames.freeze];
  return typeof text === 'string' && parseGoBool(text) !== false;
}

const modes: ReadonlyMap<string, RolloutMode> = new Map([
  ['off', 'Off'],
  ['notify', 'Notify'],
  ['restart', 'Restart'],
  ['pin', 'Pin'],
]);
