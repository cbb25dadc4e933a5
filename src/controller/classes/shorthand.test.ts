import { describe, expect, it } from 'vitest';

import { classOf, type Parts, syncOf } from '../../../test/fakes/sync-objects.ts';
import type { ObjectMeta } from '../../kube/objects.ts';
import { decideShorthand } from './shorthand.ts';

const account = { 'lockstep.dev/service-account': 'app' };
const asking = classOf({ metadata: { annotations: account } });
const silent = classOf();
const unclear = classOf({ metadata: { annotations: { ...account, 'lockstep.dev/intervall': '5m' } } });
const owner = {
  apiVersion: 'secrets-store.csi.x-k8s.io/v1',
  kind: 'SecretProviderClass',
  name: 'db',
  uid: 'class-uid',
  controller: true,
};
const marks: Partial<ObjectMeta> = {
  labels: { 'lockstep.dev/managed': 'true' },
  annotations: { 'lockstep.dev/owner': 'db' },
  ownerReferences: [owner],
};
const applied = {
  metadata: { namespace: 'shop', name: 'db', ...marks },
  spec: { secretProviderClassName: 'db', serviceAccountName: 'app' },
};

function made(parts: Parts = {}) {
  return syncOf({ ...parts, metadata: { ...marks, ...parts.metadata } });
}

describe('decideShorthand', () => {
  it('makes the sync that a class asks for, and takes nothing from others who are quicker', () => {
    expect(decideShorthand(asking, undefined)).toEqual({ kind: 'apply', object: applied, force: false });
  });

  it('leaves one alone that is as the class asks', () => {
    expect(decideShorthand(asking, made())).toEqual({ kind: 'none' });
    const found = classOf({ metadata: { annotations: { ...account, 'lockstep.dev/interval': '60s' } } });
    expect(decideShorthand(found, made({ spec: { interval: '1m' } }))).toEqual({ kind: 'none' });
  });

  it.for([
    ['the account', { spec: { serviceAccountName: 'other' } }],
    ['the class', { spec: { secretProviderClassName: 'other' } }],
    ['the interval', { spec: { interval: '1m' } }],
    ['the owner, after a restore', { metadata: { ownerReferences: [] } }],
    ['the uid of the owner', { metadata: { ownerReferences: [{ ...owner, uid: 'former' }] } }],
    ['something that cannot be read', { spec: { mode: 'nonsense' } }],
  ] as const)('corrects %s of its own, and of no other one', ([, parts]) => {
    const object = { ...applied, metadata: { ...applied.metadata, uid: 'sync-uid' } };
    expect(decideShorthand(asking, made(parts))).toEqual({ kind: 'apply', object, force: true });
  });

  it('hands the interval on', () => {
    const found = classOf({ metadata: { annotations: { ...account, 'lockstep.dev/interval': '1m' } } });
    expect(decideShorthand(found, undefined)).toMatchObject({ object: { spec: { ...applied.spec, interval: '1m' } } });
  });

  it.for([
    ['asks for one', asking],
    ['asks for none', silent],
    ['is gone', undefined],
  ] as const)('leaves alone what somebody wrote when the class %s', ([, found]) => {
    expect(decideShorthand(found, syncOf({ spec: { serviceAccountName: 'other' } }))).toEqual({ kind: 'none' });
  });

  it.for([
    ['asks no more', silent],
    ['is gone or lost its label', undefined],
  ] as const)('deletes what it made when the class %s, if it still is what was seen', ([, found]) => {
    const preconditions = { uid: 'sync-uid', resourceVersion: '7' };
    expect(decideShorthand(found, made())).toEqual({ kind: 'delete', preconditions });
  });

  it('deletes nothing twice, and makes nothing before it is gone', () => {
    const leaving = made({ metadata: { deletionTimestamp: '2026-01-03T00:00:00Z' } });
    for (const found of [asking, silent, undefined]) expect(decideShorthand(found, leaving)).toEqual({ kind: 'none' });
  });

  it('has nothing to do without class and sync', () => {
    expect(decideShorthand(undefined, undefined)).toEqual({ kind: 'none' });
    expect(decideShorthand(silent, undefined)).toEqual({ kind: 'none' });
  });

  describe('where it is not clear what the class asks for', () => {
    it('makes a sync with what is clear, which then says what is not', () => {
      expect(decideShorthand(unclear, undefined)).toEqual({ kind: 'apply', object: applied, force: false });
    });

    it.for([
      ['its own', made({ spec: { interval: '1h' } })],
      ['somebody’s', syncOf()],
    ] as const)('touches %s sync no more', ([, existing]) => {
      expect(decideShorthand(unclear, existing)).toMatchObject({ kind: 'stall', problems: [{ code: 'SYNC_INVALID' }] });
    });

    it('makes none without an account', () => {
      const found = classOf({ metadata: { annotations: { 'lockstep.dev/service-acount': 'app' } } });
      expect(decideShorthand(found, undefined)).toMatchObject({ kind: 'stall' });
    });
  });
});
