import { describe, expect, it } from 'vitest';

import { readingAll, workloadOf, type WorkloadParts } from '../../test/fakes/workloads.ts';
import { previewRollout, type PreviewInput } from './preview.ts';
import { parseRolloutSpec, type RolloutSpec } from './rollout-spec.ts';
import type { Workload } from './workloads/workload.ts';

const source: PreviewInput['source'] = {
  className: 'db',
  mode: 'Restart',
  isFrozen: false,
  secrets: [{ name: 'db', annotations: {} }],
};

function specOf(raw: object = {}): RolloutSpec {
  const parsed = parseRolloutSpec({ mode: 'Restart', ...raw });
  if (!parsed.ok) throw new Error('no good spec');
  return parsed.value;
}

function named(name: string, parts: WorkloadParts = {}): Workload {
  return workloadOf('Deployment', { ...parts, metadata: { name, uid: name, ...parts.metadata } });
}

function preview(workloads: readonly Workload[], more: Partial<PreviewInput> = {}) {
  return previewRollout({ source, spec: specOf(), status: undefined, workloads, understandsReloader: false, ...more });
}

function parts({ steps }: ReturnType<typeof preview>): readonly string[] {
  return steps.map(({ workload, part }) => `${workload.name} ${part}`);
}

describe('previewRollout', () => {
  it('names a canary, those that follow in their order, and the unhealthy ones last', () => {
    const ill = named('a-ill', { status: { observedGeneration: 1 } });
    const late = named('b-late', { metadata: { labels: { 'lockstep.dev/rollout-order': '1' } } });

    expect(parts(preview([late, ill, named('d'), named('c')]))).toEqual([
      'c Canary',
      'd Follows',
      'b-late Follows',
      'a-ill Unhealthy',
    ]);
  });

  it.for([
    ['a label says off', 'Off', { metadata: { labels: { 'lockstep.dev/rollout': 'off' } } }],
    ['a label freezes it', 'Frozen', { metadata: { labels: { 'lockstep.dev/freeze': 'true' } } }],
    ['it is paused', 'Paused', { spec: { paused: true } }],
    ['it is told only', 'Notified', { metadata: { labels: { 'lockstep.dev/rollout': 'notify' } } }],
  ] as const)('says that nothing happens to a workload when %s', ([, part, workload]) => {
    const result = preview([named('web', workload)]);

    expect(parts(result)).toEqual([`web ${part}`]);
    expect(result.durationMs).toBe(0);
  });

  it('leaves out who uses none of the Secrets', () => {
    expect(parts(preview([named('web', { pod: readingAll('other') })]))).toEqual([]);
  });

  it('expects what was measured, in turns, and the soak of the canary', () => {
    const workloads = ['a', 'b', 'c', 'd', 'e'].map((name) => named(name));
    const rollout = {
      version: '0123456789ab',
      startedAt: '2026-01-01T00:00:00Z',
      endedAt: '2026-01-01T00:00:20Z',
      outcome: 'Updated',
    } as const;
    const entry = { workload: 'x', uid: 'x', mode: 'Restart', generation: 1, usage: '', stamp: '', rollout } as const;
    const counts = { total: 1, updated: 1, inProgress: 0, failed: 0, held: 0, waiting: 0 };
    const status = { state: 'Complete', message: '', ...counts, workloads: [entry] } as const;
    const spec = specOf({ maxConcurrent: 2, canary: { count: 1, soak: '30s' } });

    expect(preview(workloads, { spec, status })).toMatchObject({ concurrency: 2, durationMs: 20_000 * 3 + 30_000 });
  });

  it('expects nothing where there is nothing', () => {
    expect(preview([])).toMatchObject({ steps: [], durationMs: 0 });
  });
});
