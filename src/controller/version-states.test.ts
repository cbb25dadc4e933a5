import { describe, expect, it } from 'vitest';

import { classOf, syncOf } from '../../test/fakes/sync-objects.ts';
import { SecretError } from '../core/errors.ts';
import type { ClassObject } from './classes/parse-class.ts';
import type { SyncObject } from './sync-object.ts';
import { versionStates } from './version-states.ts';

const pin = { rollout: { mode: 'Pin', retention: 'InUse' } };
const secretObjects = [{ secretName: 'db', type: 'Opaque', data: [{ objectName: 'a', key: 'a' }] }];
const synced = { secrets: [{ name: 'db', state: 'Synced', version: 'db-000000000001' }] };
const dbClass = classOf({ spec: { secretObjects } });

function statesOf(syncs: readonly SyncObject[], found: ClassObject | undefined = dbClass) {
  const entries = syncs.map((sync) => [sync.key, sync] as const);
  const states = versionStates('shop', {
    syncs: { entries: () => entries, problem: () => undefined },
    classes: { get: () => found },
  });
  return Object.fromEntries(states);
}

describe('the Secrets of which versions are kept', () => {
  it('are those in Pin, with the version that they have and how long others are kept', () => {
    expect(statesOf([syncOf({ spec: pin, status: synced })])).toEqual({
      db: { retention: 'InUse', current: 'db-000000000001' },
    });
    expect(statesOf([syncOf({ spec: pin })])).toEqual({ db: { retention: 'InUse', current: undefined } });
  });

  it.for([
    ['it is suspended', syncOf({ spec: { ...pin, suspend: true }, status: synced }), dbClass],
    ['its class is away', syncOf({ spec: pin, status: synced }), undefined],
    ['it makes no sense any more', syncOf({ spec: { ...pin, interval: 'soon' }, status: synced }), dbClass],
    ['it is in Shadow by now', syncOf({ spec: { ...pin, mode: 'Shadow' }, status: synced }), dbClass],
    ['only a workload says Pin', syncOf({ status: synced }), dbClass],
  ] as const)('include that of a SecretProviderClassSync when %s', ([, sync, found]) => {
    expect(Object.keys(statesOf([sync], found))).toEqual(['db']);
  });

  it.for([
    ['nothing is kept of it', syncOf()],
    [
      'it is being deleted',
      syncOf({ spec: pin, status: synced, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    ],
  ] as const)('are none when %s', ([, sync]) => {
    expect(statesOf([sync])).toEqual({});
  });

  it('are kept to their history when the rollout makes no sense', () => {
    expect(statesOf([syncOf({ spec: { rollout: { mode: 'Pun' } }, status: synced })])).toEqual({
      db: { retention: 'History', current: 'db-000000000001' },
    });
  });

  it('have the version of whoever keeps them when two want the same one', () => {
    const keeper = syncOf({ spec: pin, status: synced });
    const other = syncOf({ spec: pin, metadata: { name: 'other' } });

    expect(statesOf([keeper, other])).toEqual(statesOf([other, keeper]));
    expect(statesOf([other, keeper])).toMatchObject({ db: { current: 'db-000000000001' } });
  });

  it('are unknown when the SecretProviderClassSyncs are: none of them counts as given up', () => {
    const problem = new SecretError('KUBE_FORBIDDEN', 'no');
    const syncs = { entries: () => [], problem: () => problem };

    expect(() => versionStates('shop', { syncs, classes: { get: () => undefined } })).toThrow(problem);
  });
});
