import { describe, expect, it } from 'vitest';

import { statusOf } from '../../test/fakes/sources.ts';
import { syncOf } from '../../test/fakes/sync-objects.ts';
import type { RolloutStatus } from '../rollout/rollout-status.ts';
import { formatHistory } from './rollout-history.ts';

const at = '2026-01-01T00:00:00Z';
const version = 'aaaaaaaaaaaa';
const entry = { uid: 'u', mode: 'Restart', generation: 1, usage: 'u', stamp: 's' } as const;

/** Lines with their columns. */
function linesOf(rollout: RolloutStatus | undefined): readonly string[] {
  const text = formatHistory(syncOf({ status: { rollout } }));
  return text.split('\n').map((line) => line.replaceAll(/ {3,}/g, '|'));
}

describe('the history of rollouts', () => {
  it('is nothing where nothing was rolled out', () => {
    expect(linesOf(undefined)).toEqual(['shop/db: nothing was rolled out', '']);
  });

  it('is how it stands, where there is no more', () => {
    expect(linesOf(statusOf({ state: 'Idle' }))).toEqual(['shop/db: Idle, version -; all is well', '']);
  });

  it('has the last rollouts, and where each workload stands', () => {
    const history = [
      { version, startedAt: at, outcome: 'InProgress', updated: 1, failed: 0 } as const,
      { version: 'bbbbbbbbbbbb', startedAt: at, endedAt: at, outcome: 'Halted', updated: 0, failed: 2 } as const,
    ];
    const failed = { version, startedAt: at, endedAt: at, outcome: 'Failed', reason: 'CrashLoopBackOff' } as const;
    const workloads = [
      { ...entry, workload: 'Deployment shop/a' },
      { ...entry, workload: 'Deployment shop/b', rollout: { version, startedAt: at } },
      { ...entry, workload: 'Deployment shop/c', rollout: failed },
      { ...entry, workload: 'Deployment shop/d', rollout: failed, obstacle: 'RolledBack' as const },
    ];

    expect(linesOf(statusOf({ state: 'InProgress', version, history, workloads }))).toEqual([
      `shop/db: InProgress, version ${version}; all is well`,
      '',
      'VERSION|STARTED|ENDED|OUTCOME|UPDATED|FAILED',
      `${version}|${at}|-|InProgress|1|0`,
      `bbbbbbbbbbbb|${at}|${at}|Halted|0|2`,
      '',
      'WORKLOAD|MODE|VERSION|STARTED|OUTCOME|WHY',
      'Deployment shop/a|Restart|-|-|-|-',
      `Deployment shop/b|Restart|${version}|${at}|InProgress|-`,
      `Deployment shop/c|Restart|${version}|${at}|Failed|CrashLoopBackOff`,
      `Deployment shop/d|Restart|${version}|${at}|RolledBack|CrashLoopBackOff`,
      '',
    ]);
  });

  it('does not steer the terminal by what others have written', () => {
    const text = formatHistory(
      syncOf({ status: { rollout: statusOf({ message: 'a\u001B[2Jb\nshop/other: Complete' }) } }),
    );

    expect(text).toBe('shop/db: Complete, version -; a [2Jb shop/other: Complete\n');
  });
});
