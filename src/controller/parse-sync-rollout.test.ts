import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { rawSync } from '../../test/fakes/sync-objects.ts';
import { parseSyncRollout } from './parse-sync-rollout.ts';

const complete = {
  type: 'RolloutComplete',
  status: 'True',
  reason: 'Complete',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};

describe('what of a SecretProviderClassSync is about rollouts', () => {
  it('is nothing where nothing is said', () => {
    expect(parseSyncRollout(rawSync())).toEqual({
      spec: expect.objectContaining({ ok: true, value: expect.objectContaining({ mode: 'Off' }) }),
      isFrozen: false,
      approve: undefined,
      resume: undefined,
      status: undefined,
      condition: undefined,
    });
  });

  it('is its spec, label, annotations, status, and one condition among others', () => {
    const object = rawSync({
      metadata: {
        labels: { 'lockstep.dev/freeze': 'true' },
        annotations: { 'lockstep.dev/approve': 'aaaaaaaaaaaa', 'lockstep.dev/resume': 'bbbbbbbbbbbb' },
      },
      spec: { rollout: { mode: 'Pin' } },
      status: { rollout: { state: 'Halted' }, conditions: [{ type: 'Ready' }, complete] },
    });

    expect(parseSyncRollout(object)).toMatchObject({
      spec: { ok: true, value: { mode: 'Pin' } },
      isFrozen: true,
      approve: 'aaaaaaaaaaaa',
      resume: 'bbbbbbbbbbbb',
      status: { state: 'Halted' },
      condition: complete,
    });
  });

  it('is wrong by itself: the rest is read all the same', () => {
    const object = rawSync({ spec: { rollout: { mode: 'Pun' } }, status: { conditions: [complete] } });

    expect(parseSyncRollout(object)).toMatchObject({ spec: { ok: false }, condition: complete });
  });

  it('does not take null for something that was said', () => {
    expect(parseSyncRollout(rawSync({ spec: { rollout: null } }))).toEqual(parseSyncRollout(rawSync()));
  });

  it('is read from whatever there is', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (rollout, status) => {
        expect(parseSyncRollout(rawSync({ spec: { rollout }, status }))).toMatchObject({ isFrozen: false });
      }),
    );
  });
});
