import type { ObjectKey } from '../kube/objects.ts';
import type { Problem } from '../core/problem.ts';
import type { Source } from '../rollout/source.ts';
import type { SecretObject } from '../secret-objects/secret-object.ts';
import type { SyncStatus } from './status/sync-status.ts';

/** A SecretProviderClassSync as the loop keeps it in memory. */
export interface SyncObject {
  readonly key: ObjectKey;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly createdAt: string;
  readonly isDeleted: boolean;
  /** Value of the annotation `lockstep.dev/force-sync`. */
  readonly forceSync: string | undefined;
  /** Set for those that the controller keeps for a labelled class: the name of the class. */
  readonly shorthandOf: string | undefined;
  /** Uid of that class in the owner reference; undefined: there is none, as after a restore. */
  readonly classUid?: string | undefined;
  /** Undefined: `problems` say why. */
  readonly spec: SyncSpec | undefined;
  readonly problems: readonly Problem[];
  readonly status: SyncStatus;
  readonly rollout: SyncRollout;
}

/** What of a SecretProviderClassSync is about rollouts: apart, because nothing in it keeps a Secret from being synced. */
export type SyncRollout = Pick<Source, 'spec' | 'isFrozen' | 'approve' | 'resume' | 'status' | 'condition'>;

export interface SyncSpec {
  readonly className: string;
  readonly serviceAccount: string;
  /** Undefined: `--interval`. 0: only on a change, on force or on drift. */
  readonly intervalMs: number | undefined;
  /** Undefined: those of the class. */
  readonly secretObjects: readonly SecretObject[] | undefined;
  readonly mode: 'Sync' | 'Shadow';
  readonly adoptionPolicy: 'Never' | 'IfIdentical' | 'Always';
  readonly deletionPolicy: 'Retain' | 'Delete';
  readonly suspend: boolean;
  /** Name of the Secret with what AppRole, certificate and token logins need. */
  readonly credentialsSecret: string | undefined;
}

/** Somebody asked for a sync that has not been acted upon. */
export function isForced({ forceSync, status }: SyncObject): boolean {
  return forceSync !== undefined && forceSync !== status.lastHandledSyncRequest;
}

/** Whether the spec as it is was acted upon before, with success or without. */
export function isHandled({ generation, status }: SyncObject): boolean {
  return status.observedGeneration === generation;
}
