import { describe, expect, it } from 'vitest';

import { toLiveSecret } from './live-secret.ts';
import { ownershipOf, toConflict } from './secret-ownership.ts';

function live(metadata: object) {
  return toLiveSecret({ metadata: { name: 'db', namespace: 'shop', uid: 'u1', resourceVersion: '7', ...metadata } });
}

const claimant = { name: 'web', knownUid: undefined, isWantedBy: () => true };

describe('whose a Secret is', () => {
  it('is told by the annotation, also without label, owner reference or managed fields', () => {
    expect(ownershipOf(live({ annotations: { 'lockstep.dev/owner': 'web' } }), claimant)).toEqual({ kind: 'own' });
  });

  it('is told by the uid that the status remembers, when somebody took the annotation off', () => {
    expect(ownershipOf(live({}), { ...claimant, knownUid: 'u1' })).toEqual({ kind: 'own' });
    expect(ownershipOf(live({ uid: 'u2' }), { ...claimant, knownUid: 'u1' }).kind).toBe('foreign');
  });

  it('is another sync, as long as that wants it', () => {
    const secret = live({ annotations: { 'lockstep.dev/owner': 'other' } });
    expect(ownershipOf(secret, claimant)).toEqual({ kind: 'sibling', name: 'other' });
    expect(ownershipOf(secret, { ...claimant, knownUid: 'u1' })).toEqual({ kind: 'sibling', name: 'other' });
    expect(ownershipOf(secret, { ...claimant, isWantedBy: () => false })).toEqual({
      kind: 'foreign',
      by: 'the SecretProviderClassSync other, which no longer wants it',
    });
  });

  it.for([
    [{ labels: { 'secrets-store.csi.k8s.io/managed': 'true' } }, { kind: 'driver' }],
    [
      { labels: { 'reconcile.external-secrets.io/managed': 'true' } },
      { kind: 'foreign', by: 'External Secrets Operator' },
    ],
    [
      { ownerReferences: [{ apiVersion: 'v1', kind: 'Certificate', name: 'web-tls', uid: 'x', controller: true }] },
      { kind: 'foreign', by: 'Certificate web-tls' },
    ],
    [{ labels: { 'app.kubernetes.io/managed-by': 'Helm' } }, { kind: 'foreign', by: 'Helm' }],
    [{}, { kind: 'foreign', by: 'somebody else' }],
  ] as const)('is guessed of %j', ([metadata, ownership]) => {
    expect(ownershipOf(live(metadata), claimant)).toEqual(ownership);
  });

  it('is told in a conflict with the way out of it', () => {
    expect(toConflict('db', { kind: 'sibling', name: 'other' }).message).toBe(
      'Secret db belongs to the SecretProviderClassSync other; give one of them another secretName',
    );
    expect(toConflict('db', { kind: 'driver' }).message).toContain('syncSecret.enabled');
    expect(toConflict('db', { kind: 'foreign', by: 'Helm' }).message).toContain('set adoptionPolicy');
    expect(toConflict('db', { kind: 'foreign', by: 'Helm' }, ['a', 'b']).message).toContain('these keys differ: a, b;');
    const many = Array.from({ length: 12 }, (_, index) => `k${index}`);
    expect(toConflict('db', { kind: 'foreign', by: 'Helm' }, many).message).toContain('and 2 more');
    expect(toConflict('db', { kind: 'foreign', by: 'Helm' }, []).message).toContain('the type does');
  });
});

describe('a live Secret', () => {
  it('shows which fields we applied', () => {
    const entry = {
      manager: 'lockstep',
      operation: 'Apply',
      fieldsV1: {
        'f:data': { '.': {}, 'f:password': {} },
        'f:metadata': {
          'f:labels': { 'f:lockstep.dev/managed': {} },
          'f:annotations': { 'f:lockstep.dev/owner': {} },
          'f:ownerReferences': { 'k:{"uid":"s1"}': {} },
        },
      },
    };
    const foreign = { manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:data': { 'f:extra': {} } } };
    expect(live({ managedFields: [foreign, entry] }).applied).toEqual({
      data: new Set(['password']),
      labels: new Set(['lockstep.dev/managed']),
      annotations: new Set(['lockstep.dev/owner']),
      owners: new Set(['s1']),
    });
    expect(live({ managedFields: [foreign] }).applied).toBeUndefined();
    expect(live({ managedFields: [{ ...entry, operation: 'Update' }] }).applied).toBeUndefined();
  });

  it('has its data decoded, and survives what is missing', () => {
    const meta = { name: 'db', uid: 'u', resourceVersion: '1' };
    const secret = toLiveSecret({ metadata: meta, type: 'a/b', immutable: true, data: { a: 'YQ==', empty: null } });
    expect([...secret.data].map(([key, value]) => [key, value.reveal().toString()])).toEqual([
      ['a', 'a'],
      ['empty', ''],
    ]);
    expect(secret).toMatchObject({ type: 'a/b', immutable: true });
    expect(toLiveSecret({ metadata: meta })).toMatchObject({ type: 'Opaque', immutable: false, data: new Map() });
  });
});
