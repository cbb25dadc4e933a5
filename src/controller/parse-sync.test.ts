import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { rawSync, syncOf } from '../../test/fakes/sync-objects.ts';
import { parseSync } from './parse-sync.ts';

describe('parseSync', () => {
  it('keeps what the loop needs, with the defaults that the CRD leaves out', () => {
    expect(syncOf()).toEqual({
      key: 'shop/db',
      namespace: 'shop',
      name: 'db',
      uid: 'sync-uid',
      generation: 3,
      resourceVersion: '7',
      createdAt: '2026-01-02T03:04:05Z',
      isDeleted: false,
      forceSync: undefined,
      shorthandOf: undefined,
      classUid: undefined,
      spec: {
        className: 'db',
        serviceAccount: 'app',
        intervalMs: undefined,
        secretObjects: undefined,
        mode: 'Sync',
        adoptionPolicy: 'Never',
        deletionPolicy: 'Retain',
        suspend: false,
        credentialsSecret: undefined,
      },
      problems: [],
      status: {},
      rollout: {
        spec: { ok: true, value: expect.objectContaining({ mode: 'Off' }) },
        isFrozen: false,
        approve: undefined,
        resume: undefined,
        status: undefined,
        condition: undefined,
      },
    });
  });

  it('reads every field', () => {
    const { spec } = syncOf({
      spec: {
        interval: '1m30s',
        secretObjects: [{ secretName: 'db', data: [{ objectName: 'a', key: 'b' }] }],
        mode: 'Shadow',
        adoptionPolicy: 'IfIdentical',
        deletionPolicy: 'Delete',
        suspend: true,
        credentialsSecretRef: { name: 'approle' },
      },
    });
    expect(spec).toMatchObject({
      intervalMs: 90_000,
      secretObjects: [{ secretName: 'db', type: 'Opaque', data: [{ objectName: 'a', key: 'b' }] }],
      mode: 'Shadow',
      adoptionPolicy: 'IfIdentical',
      deletionPolicy: 'Delete',
      suspend: true,
      credentialsSecret: 'approle',
    });
  });

  it('knows that it is being deleted, and what somebody asked for', () => {
    const annotations = { 'lockstep.dev/force-sync': '42' };
    const sync = syncOf({ metadata: { deletionTimestamp: '2026-01-03T00:00:00Z', annotations } });
    expect(sync).toMatchObject({ isDeleted: true, forceSync: '42' });
  });

  it('keeps the status, with what a later lockstep wrote there', () => {
    const status = { observedGeneration: 2, secrets: [{ name: 'db', state: 'Synced', uid: '1' }], later: true };
    expect(syncOf({ status }).status).toEqual(status);
  });

  it('tells what rollouts wrote into the status from the rest, which does not write it back', () => {
    const conditionOf = (type: string) => ({
      type,
      status: 'True',
      reason: 'Complete',
      message: '',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    });
    const [ready, complete] = [conditionOf('Ready'), conditionOf('RolloutComplete')];
    const { status, rollout } = syncOf({
      status: { conditions: [ready, complete], rollout: { state: 'Complete', message: 'all have it', total: 3 } },
    });

    expect(status).toEqual({ conditions: [ready] });
    expect(rollout).toMatchObject({ status: { state: 'Complete', total: 3 }, condition: complete });
  });

  it('syncs Secrets though nobody understands what is said about rollouts', () => {
    const sync = syncOf({ spec: { rollout: { mode: 'Restart', windows: [{ schedule: 'never', duration: '1h' }] } } });

    expect(sync.spec).toBeDefined();
    expect(sync.rollout.spec).toMatchObject({ ok: false });
  });

  it('knows what somebody said about rollouts in labels and annotations', () => {
    const labels = { 'lockstep.dev/freeze': 'true' };
    const annotations = { 'lockstep.dev/approve': 'v1', 'lockstep.dev/resume': 'v2' };
    const { rollout } = syncOf({ metadata: { labels, annotations } });

    expect(rollout).toMatchObject({ isFrozen: true, approve: 'v1', resume: 'v2' });
  });

  it('takes fields that it does not know for those of a later lockstep', () => {
    const { spec, problems } = syncOf({ spec: { rollout: { mode: 'Restart' }, later: 1 } });
    expect(problems).toEqual([]);
    expect(spec).not.toHaveProperty('later');
  });

  it.for([
    ['0s', 0],
    ['0', 0],
    ['1s', 1000],
    ['1h', 3_600_000],
    [null, undefined],
  ] as const)('reads the interval %s', ([interval, ms]) => {
    expect(syncOf({ spec: { interval } }).spec?.intervalMs).toBe(ms);
  });

  it.for([
    [null, 'spec', 'is missing'],
    [[], 'spec', 'must be a map'],
    ['x', 'spec', 'must be a map'],
    [{ secretProviderClassName: undefined }, 'spec.secretProviderClassName', 'is missing'],
    [{ secretProviderClassName: '' }, 'spec.secretProviderClassName', 'name the SecretProviderClass'],
    [{ serviceAccountName: 7 }, 'spec.serviceAccountName', 'must be text'],
    [{ interval: '5 minutes' }, 'spec.interval', 'must be 0s, or a duration of at least 1s'],
    [{ interval: '999ms' }, 'spec.interval', 'at least 1s'],
    [{ interval: '-1m' }, 'spec.interval', 'must be 0s'],
    [{ interval: 300 }, 'spec.interval', 'must be text'],
    [{ mode: 'shadow' }, 'spec.mode', 'must be one of Sync, Shadow'],
    [{ adoptionPolicy: true }, 'spec.adoptionPolicy', 'must be one of Never, IfIdentical, Always'],
    [{ deletionPolicy: '' }, 'spec.deletionPolicy', 'must be one of Retain, Delete'],
    [{ suspend: 'true' }, 'spec.suspend', 'must be true or false'],
    [{ credentialsSecretRef: 'approle' }, 'spec.credentialsSecretRef', 'must be a map with name'],
    [{ credentialsSecretRef: {} }, 'spec.credentialsSecretRef.name', 'is missing'],
    [{ secretObjects: {} }, 'spec.secretObjects', 'must be a list'],
    [{ secretObjects: [{}] }, 'spec.secretObjects[0].secretName', 'is missing'],
  ] as const)('says what is wrong with %j', ([spec, path, message]) => {
    const sync = syncOf({ spec });
    expect(sync.spec).toBeUndefined();
    expect(sync.problems).toEqual([{ path, message: expect.stringContaining(message) }]);
  });

  it('lists all mistakes at once', () => {
    const { problems } = syncOf({ spec: { interval: 'x', mode: 'y', secretObjects: [{ secretName: 'A' }] } });
    expect(problems.map(({ path }) => path)).toEqual([
      'spec.interval',
      'spec.mode',
      'spec.secretObjects[0].secretName',
    ]);
  });

  describe('of one that was made for a class', () => {
    const ownerReferences = [
      {
        apiVersion: 'secrets-store.csi.x-k8s.io/v1',
        kind: 'SecretProviderClass',
        name: 'db',
        uid: 'class-uid',
        controller: true,
      },
    ];
    const labels = { 'lockstep.dev/managed': 'true' };
    const annotations = { 'lockstep.dev/owner': 'db' };

    it('knows the class by the owner reference', () => {
      expect(syncOf({ metadata: { labels, ownerReferences } })).toMatchObject({
        shorthandOf: 'db',
        classUid: 'class-uid',
      });
    });

    it('knows it also after a restore that stripped owner references', () => {
      expect(syncOf({ metadata: { labels, annotations } })).toMatchObject({ shorthandOf: 'db', classUid: undefined });
    });

    it.for([
      ['the label', { annotations, ownerReferences }],
      ['the owner', { labels }],
      ['the same name', { labels, annotations, name: 'copy' }],
      ['a class for an owner', { labels, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'db', uid: '1' }] }],
    ] as const)('takes it for somebody else’s without %s', ([, metadata]) => {
      expect(syncOf({ metadata }).shorthandOf).toBeUndefined();
    });
  });

  it('never throws, whatever the API server sends', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (spec, status) => {
        const sync = parseSync({ ...rawSync(), spec, status });
        expect(sync.spec === undefined).toBe(sync.problems.length > 0);
      }),
    );
  });
});
