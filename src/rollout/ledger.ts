import { createHash } from 'node:crypto';

import type { RolloutMode } from './workloads/mode-label.ts';
import type { References } from './workloads/references.ts';

/**
 * What one SecretProviderClassSync knows about one workload, in `status.rollout.workloads[]`: never in annotations of the
 * workload, which an undo would bring back to what they were.
 */
export interface LedgerEntry {
  /** `Deployment shop/web`. */
  readonly workload: string;
  /** Another one: a new workload of the same name. */
  readonly uid: string;
  readonly mode: Exclude<RolloutMode, 'Off'>;
  /** `metadata.generation` after our last patch, or when it was first seen: an older workload out of a watch's memory is stale. */
  readonly generation: number;
  /** Which Secrets and keys its template named: another one is an edit that has rolled out by itself. */
  readonly usage: string;
  /** Hashes of the used keys that count as rolled out, as `lockstep.dev/secret-hashes` has them. */
  readonly stamp: string;
  /** What of our annotation stood on the template then, for the Secrets of `stamp`; left out: nothing. */
  readonly template?: string;
  /** How often the annotation was put back after somebody had taken it away; left out: never. */
  readonly reverts?: number;
  /** When that was done last, RFC 3339. */
  readonly revertedAt?: string;
  /** The rollout that our last patch began; left out: none yet. */
  readonly rollout?: WorkloadRollout;
  /** Since when somebody else's rollout of it has kept ours waiting, RFC 3339; left out: nothing does. */
  readonly busySince?: string;
  /** What keeps the template from being brought forward, and was told; left out: nothing. */
  readonly obstacle?: Obstacle;
}

/** How the workload took it. Times are RFC 3339. */
export interface WorkloadRollout {
  /** Of the source. */
  readonly version: string;
  readonly startedAt: string;
  /** It was not well before: that it fails counts for nothing. */
  readonly wasUnhealthy?: true;
  /** What was missing last, and since when that is so, once it takes longer than usual; left out once it ended. */
  readonly progress?: { readonly at: string; readonly message: string };
  /** Left out: it is in flight. */
  readonly endedAt?: string;
  readonly outcome?: 'Updated' | 'Failed';
  /** Of a canary: whether it was healthy at the last look, and since when; left out: it has been so since it ended. */
  readonly soak?: { readonly since: string; readonly isWell: boolean };
  /** Why it failed, in one word. */
  readonly reason?: string;
}

/** `RolledBack`: somebody undid it. `Conflict`: somebody keeps taking the annotation away. */
export type Obstacle = 'RolledBack' | 'Conflict';

/** As it is after a patch; who has sent it adds the generation that the API server answered. */
export type PatchedEntry = Omit<LedgerEntry, 'generation'>;

/** Equal for templates that name the same Secrets, keys and classes: 8 characters of hex. Names only, so no key is needed. */
export function usageOf({ references, classes }: References): string {
  const uses = references.map(({ secret, keys }) => [secret, keys === 'all' ? keys : [...keys].toSorted()]);
  return createHash('sha256')
    .update(JSON.stringify([uses, classes]))
    .digest('hex')
    .slice(0, 8);
}
