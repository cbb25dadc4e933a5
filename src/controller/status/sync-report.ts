import type { SecretError } from '../../core/errors.ts';
import type { ApiClient, CallOptions } from '../../kube/client/api-client.ts';
import type { Condition } from '../../kube/condition.ts';
import type { EventRecorder } from '../../kube/events/events.ts';
import { LastWritten } from '../../kube/watch/last-written.ts';
import { apiVersionOf, type ObjectKey, resources } from '../../kube/objects.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Attempt } from '../attempt.ts';
import { buildStatus, sameStatus } from './build-status.ts';
import type { SyncMetrics } from './sync-metrics.ts';
import type { SyncObject } from '../sync-object.ts';
import type { SyncStatus } from './sync-status.ts';

export interface SyncReportDeps {
  readonly client: Pick<ApiClient, 'apply'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly metrics: SyncMetrics;
}

/** Tells what an attempt came to: status, events, metrics, log. */
export class SyncReport {
  readonly #deps: SyncReportDeps;
  readonly #written = new LastWritten<SyncStatus>();
  /** What was done while the status could not be written. */
  readonly #untold = new Map<ObjectKey, Attempt['changes']>();

  constructor(deps: SyncReportDeps) {
    this.#deps = deps;
  }

  /** The sync with the status that was written last, though the watch may lag behind. */
  current(sync: SyncObject): SyncObject {
    const status = this.#written.get(sync);
    return status ? { ...sync, status } : sync;
  }

  /** The watch showed this version: ours, or one that somebody made after it. */
  seen(sync: SyncObject): void {
    this.#written.seen(sync);
  }

  /** Writes the status where it changed. Rejects with KUBE_…, NOT_LEADER and the signal's reason. */
  async tell(sync: SyncObject, last: Attempt, options: CallOptions): Promise<void> {
    const nowMs = this.#deps.clock.now();
    const attempt = { ...last, changes: [...(this.#untold.get(sync.key) ?? []), ...last.changes] };
    if (attempt.changes.length > 0) this.#untold.set(sync.key, attempt.changes);
    const status = buildStatus({ sync, attempt, nowMs });
    this.#count(sync, status, attempt, nowMs);
    if (!sameStatus(status, sync.status)) await this.#write(sync, status, options);
    this.#untold.delete(sync.key);
    this.#announce(sync, status, attempt);
  }

  forget(key: ObjectKey): void {
    this.#written.forget(key);
    this.#untold.delete(key);
    this.#deps.metrics.forget(key);
  }

  async #write({ key, namespace, name }: SyncObject, status: SyncStatus, options: CallOptions): Promise<void> {
    const object = { metadata: { namespace, name }, status };
    const { metadata } = await this.#deps.client.apply(resources.syncs, object, {
      ...options,
      force: true,
      subresource: 'status',
    });
    this.#written.set(key, metadata.resourceVersion, status);
  }

  #count({ key, spec }: SyncObject, status: SyncStatus, { failures, retryAfterMs }: Attempt, nowMs: number): void {
    const condition = readyOf(status);
    const isCurrent = failures.length === 0 && retryAfterMs === undefined;
    this.#deps.metrics.record(key, {
      ready: condition?.status === 'True',
      reason: condition?.reason ?? '',
      isSuspended: spec?.suspend ?? false,
      ...(isCurrent && !spec?.suspend && { lastSuccessMs: nowMs }),
    });
  }

  /** Events and the log tell what is new: what goes on as before was told before. */
  #announce(sync: SyncObject, status: SyncStatus, attempt: Attempt): void {
    const before = readyOf(sync.status);
    const after = readyOf(status);
    const isNew = !isSameWord(before, after);
    for (const failure of attempt.failures) this.#log(sync, failure, isNew);
    if (after?.status === 'False' && isNew) this.#record(sync, 'Warning', toFailedReason(attempt), after.message);
    if (isNew) for (const { secret, by } of attempt.contested) this.#contest(sync, secret, by);
    if (attempt.changes.includes('adopted'))
      this.#record(sync, 'Normal', 'SecretAdopted', namesOf(status, 'took over'));
    else if (attempt.changes.length > 0) this.#record(sync, 'Normal', 'SecretSynced', namesOf(status, 'wrote'));
  }

  #contest(sync: SyncObject, secret: string, by: readonly string[]): void {
    this.#record(
      sync,
      'Warning',
      'SecretConflict',
      `Secret ${secret} is also wanted by: ${by.slice(0, 10).join(', ')}`,
    );
  }

  #record({ namespace, name, uid }: SyncObject, type: 'Normal' | 'Warning', reason: string, note: string): void {
    const { kind } = resources.syncs;
    const about = { apiVersion: apiVersionOf(resources.syncs), kind, namespace, name, uid };
    this.#deps.events.record(about, { type, reason, action: 'Sync', note });
  }

  #log({ key }: SyncObject, failure: SecretError, isNew: boolean): void {
    const fields = {
      sync: key,
      code: failure.code,
      reason: failure.message,
      ...(failure.cause !== undefined && { err: failure.cause }),
    };
    if (isNew) this.#deps.logger.warn(fields, 'sync failed');
    else this.#deps.logger.debug(fields, 'sync still fails');
  }
}

export function readyOf({ conditions }: SyncStatus): Condition | undefined {
  return conditions?.find(({ type }) => type === 'Ready');
}

function isSameWord(one: Condition | undefined, other: Condition | undefined): boolean {
  return one?.status === other?.status && one?.reason === other?.reason && one?.message === other?.message;
}

function toFailedReason({ failures }: Attempt): string {
  return failures.every(({ code }) => code === 'SECRET_CONFLICT') && failures.length > 0
    ? 'SecretConflict'
    : 'SyncFailed';
}

function namesOf({ secrets = [] }: SyncStatus, verb: string): string {
  const synced = secrets.filter(({ state }) => state === 'Synced').map(({ name }) => name);
  const shown = synced.slice(0, 10).join(', ');
  return `${verb} ${synced.length > 10 ? `${shown} and ${synced.length - 10} more` : shown}`;
}
