import type { SyncObject } from '../controller/sync-object.ts';
import type { LedgerEntry } from '../rollout/ledger.ts';
import { alignColumns, toOneLine } from './columns.ts';

/** The last rollouts of a SecretProviderClassSync, the newest first, and where each workload stands. */
export function formatHistory({ key, rollout: { status, condition } }: SyncObject): string {
  if (!status) return `${key}: nothing was rolled out\n`;
  const { state, version = '-', message } = status;
  const head = toOneLine(`${key}: ${condition?.reason ?? state}, version ${version}; ${message}`);
  const records = (status.history ?? []).map(({ version, startedAt, endedAt, outcome, updated, failed }) => [
    version,
    startedAt,
    endedAt ?? '-',
    outcome,
    String(updated),
    String(failed),
  ]);
  const workloads = (status.workloads ?? []).map(toRow);
  return [
    `${head}\n`,
    ...(records.length === 0
      ? []
      : [alignColumns([['VERSION', 'STARTED', 'ENDED', 'OUTCOME', 'UPDATED', 'FAILED'], ...records])]),
    ...(workloads.length === 0
      ? []
      : [alignColumns([['WORKLOAD', 'MODE', 'VERSION', 'STARTED', 'OUTCOME', 'WHY'], ...workloads])]),
  ].join('\n');
}

function toRow({ workload, mode, rollout, obstacle }: LedgerEntry): readonly string[] {
  const outcome = rollout ? (rollout.outcome ?? 'InProgress') : '-';
  return [
    workload,
    mode,
    rollout?.version ?? '-',
    rollout?.startedAt ?? '-',
    obstacle ?? outcome,
    rollout?.reason ?? '-',
  ];
}
