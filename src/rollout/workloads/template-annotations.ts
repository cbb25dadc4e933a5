import { rolloutNames } from '../names.ts';
import { formatStamp, parseStamp, type StampMode } from '../stamps.ts';
import type { Workload } from './workload.ts';

/** What one source wants of a workload's pod template. */
export interface TemplateChange {
  readonly mode: StampMode;
  /** All Secrets of the source that concern the workload. */
  readonly tracked: Iterable<string>;
  /** What changes: the entries of a patch; empty for a source that has none. */
  readonly entries: ReadonlyMap<string, string>;
}

/**
 * Our annotations of a pod template after a patch, both of them, as server-side apply wants it: one that is left out goes.
 * `changes` must name every source of the workload in Restart or Pin; what stands about their other Secrets stays, and what
 * nobody tracks, or another key has made, goes. A patch that is sent for one source should carry those of all others that wait
 * (stamp, reverted, conflict): one rollout, and nobody takes the rest for an undo.
 */
export function toTemplateAnnotations(
  workload: Pick<Workload, 'hashes' | 'pins'>,
  changes: readonly TemplateChange[],
  keyId: string,
): Readonly<Record<string, string>> {
  const hashes = compose('Restart', workload.hashes, changes, keyId);
  const pins = compose('Pin', workload.pins, changes, keyId);
  return {
    ...(hashes !== undefined && { [rolloutNames.hashes]: hashes }),
    ...(pins !== undefined && { [rolloutNames.pins]: pins }),
  };
}

function compose(
  mode: StampMode,
  text: string | undefined,
  changes: readonly TemplateChange[],
  keyId: string,
): string | undefined {
  const ours = changes.filter((change) => change.mode === mode);
  const tracked = new Set(ours.flatMap((change) => [...change.tracked]));
  const standing = parseStamp(mode, text);
  const isForeign = mode === 'Restart' && standing.keyId !== keyId;
  const kept = isForeign ? [] : [...standing.entries].filter(([secret]) => tracked.has(secret));
  return formatStamp(mode, { keyId, entries: new Map([...kept, ...ours.flatMap(({ entries }) => [...entries])]) });
}
