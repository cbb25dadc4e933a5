import { describe, expect, it } from 'vitest';

import { sourceOf, statusOf } from '../../test/fakes/sources.ts';
import { SecretError } from '../core/errors.ts';
import { modesBySource } from './build-view.ts';
import type { RolloutMode } from './workloads/mode-label.ts';
import type { Target } from './workloads/mode.ts';
import type { NamespacePlan } from './orchestrator/orchestrate.ts';
import type { RolloutStatus } from './rollout-status.ts';
import { type Outcome, toVerdict } from './verdict.ts';

const web = 'Deployment shop/web';
const unsupported = { ok: false, reason: 'there is no policy', remedy: 'install it' } as const;
const quota = new SecretError('QUOTA_EXCEEDED', 'no room');

interface Parts extends Partial<Omit<Outcome, 'plan'>> {
  readonly status?: RolloutStatus | undefined;
}

function outcomeOf({ status = statusOf(), ...parts }: Parts = {}): Outcome {
  const plan: NamespacePlan = {
    starts: [],
    statuses: new Map([['shop/db', status]]),
    events: [],
    inFlight: [],
    watched: [],
    wakeAt: undefined,
  };
  return {
    view: { now: 0, freeSlots: 1, sources: [], workloads: [] },
    targets: new Map(),
    modes: modesBySource(parts.targets ?? new Map()),
    unclear: [],
    pin: { ok: true },
    keyId: '00000000',
    contentOf: () => undefined,
    plan,
    failures: new Map(),
    oldestInUse: () => undefined,
    ...parts,
  };
}

function targetsOf(mode: RolloutMode, ...workloads: readonly string[]): Outcome['targets'] {
  const target: Target = { mode, isFrozen: false, secrets: new Map() };
  return new Map(workloads.map((workload) => [workload, new Map([['shop/db', target]])]));
}

function unkept(): ReturnType<Outcome['contentOf']> {
  const base = { type: 'Opaque', hash: '000000000001', keyHashes: new Map(), sync: 'shop/db', versionName: undefined };
  return { ...base, problem: quota };
}

describe('how a source stands', () => {
  it.for([
    ['Idle', 'True'],
    ['Complete', 'True'],
    ['InProgress', 'False'],
    ['Halted', 'False'],
    ['Held', 'False'],
    ['ContentUnknown', 'False'],
  ] as const)('is %s, and its condition %s', ([state, expected]) => {
    const verdict = toVerdict(sourceOf(), outcomeOf({ status: statusOf({ state }) }));

    expect(verdict).toMatchObject({ status: expected, reason: state, message: 'all is well' });
  });

  it('is nothing when it is Off, and no workload says otherwise', () => {
    const off = sourceOf({ rollout: { mode: 'Off' } });

    expect(toVerdict(off, outcomeOf())).toBeUndefined();
    expect(toVerdict(off, outcomeOf({ targets: targetsOf('Restart', web) }))).toMatchObject({ status: 'True' });
  });

  it('is invalid with all that is wrong, and keeps what was known', () => {
    const status = statusOf({ updated: 3 });
    const source = sourceOf({ rollout: { mode: 'Pun', maxFailures: -1 }, status });

    expect(toVerdict(source, outcomeOf())).toMatchObject({
      rollout: status,
      status: 'False',
      reason: 'Invalid',
      message: expect.stringMatching(/mode[^]*maxFailures/),
    });
  });

  it.for([
    ['its own mode', sourceOf({ rollout: { mode: 'Pin' } }), undefined],
    ['the label of a workload', sourceOf(), targetsOf('Pin', web)],
  ] as const)('says what Pin is missing, where that is %s', ([, source, targets]) => {
    const verdict = toVerdict(source, outcomeOf({ pin: unsupported, ...(targets && { targets }) }));

    expect(verdict).toMatchObject({ reason: 'PinUnsupported', message: 'there is no policy; install it' });
  });

  it('says why no version is kept, where Pin is in use', () => {
    const outcome = outcomeOf({ contentOf: unkept });

    expect(toVerdict(sourceOf(), outcome)).toMatchObject({ status: 'True' });
    expect(toVerdict(sourceOf({ rollout: { mode: 'Pin' } }), outcome)).toMatchObject({
      status: 'False',
      reason: 'VersionNotKept',
      message: 'no room',
    });
  });

  it('says which workload could not be patched, and how many more of its own', () => {
    const failures = new Map(['Deployment shop/other', web, 'Deployment shop/api'].map((name) => [name, quota]));
    const targets = targetsOf('Restart', web, 'Deployment shop/api');

    expect(toVerdict(sourceOf(), outcomeOf({ failures, targets }))).toMatchObject({
      status: 'False',
      reason: 'PatchFailed',
      message: `${web} (and 1 more): no room`,
    });
    expect(toVerdict(sourceOf(), outcomeOf({ failures }))).toMatchObject({ status: 'True' });
  });

  it.for([
    ['of the last leader until there is an own', undefined, 'db-000000000001'],
    ['that a pod names', [{ secret: 'db', version: 'db-000000000002' }], 'db-000000000002'],
    ['no more when nothing uses any', [], undefined],
  ] as const)('has the oldest version in use %s', ([, oldest, expected]) => {
    const status = statusOf({ oldestInUse: [{ secret: 'db', version: 'db-000000000001' }] });
    const verdict = toVerdict(sourceOf(), outcomeOf({ status, oldestInUse: () => oldest }));

    expect(verdict?.rollout?.oldestInUse?.[0]?.version).toBe(expected);
  });
});
