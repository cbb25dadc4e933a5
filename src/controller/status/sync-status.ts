import type { Condition } from '../../kube/condition.ts';

/** `status` of a SecretProviderClassSync without what rollouts write there. */
export interface SyncStatus {
  readonly observedGeneration?: number;
  /** The class as it was used last. */
  readonly observedClass?: { readonly name: string; readonly uid: string; readonly generation: number };
  /** The last value of `lockstep.dev/force-sync` that was acted upon. */
  readonly lastHandledSyncRequest?: string;
  /** When a Secret last got other content. */
  readonly lastChangeTime?: string;
  readonly objects?: readonly { readonly name: string; readonly version: string }[];
  readonly secrets?: readonly SecretStatus[];
  /** Names of the Secrets, for the column. */
  readonly secretCount?: number;
  readonly conditions?: readonly Condition[];
}

export interface SecretStatus {
  readonly name: string;
  /**
   * `Synced`: ours and current. `Identical`, `Different`: of another owner, compared only (Shadow). `Conflict`: of another
   * owner, left alone. `Failed`: could not be made or written; what was there stays.
   */
  readonly state: 'Synced' | 'Identical' | 'Different' | 'Absent' | 'Conflict' | 'Failed';
  /** Of the Secret that we wrote or found. */
  readonly uid?: string;
  /** Taken over from somebody else: never deleted. */
  readonly adopted?: boolean;
  /** Mode Pin of rollouts: the immutable Secret with the present content. */
  readonly version?: string;
  /** Names of keys that differ (Shadow), sorted. */
  readonly differingKeys?: readonly string[];
  /** Code of the catalogue in CamelCase, and what to do, for the states Conflict and Failed. */
  readonly reason?: string;
  readonly message?: string;
}
