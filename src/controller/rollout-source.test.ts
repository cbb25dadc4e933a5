import { describe, expect, it } from 'vitest';

import { classOf, syncOf } from '../../test/fakes/sync-objects.ts';
import { toFormerSource, toSource } from './rollout-source.ts';

const secretObject = { secretName: 'db', type: 'Opaque', data: [{ objectName: 'a', key: 'a' }] };
const own = { ...secretObject, secretName: 'own', annotations: { 'example.com/a': 'b' } };
const classes = { get: () => classOf({ spec: { secretObjects: [secretObject] } }) };
const noClass = { get: () => undefined };
const rollout = { state: 'Complete', message: '' };

describe('a SecretProviderClassSync as a source of rollouts', () => {
  it('keeps the Secrets of its class, unless it names its own', () => {
    expect(toSource(syncOf(), classes)).toMatchObject({
      key: 'shop/db',
      className: 'db',
      secrets: [{ name: 'db', annotations: {} }],
    });
    expect(toSource(syncOf({ spec: { secretObjects: [own] } }), classes)).toMatchObject({
      secrets: [{ name: 'own', annotations: { 'example.com/a': 'b' } }],
    });
  });

  it('keeps none while its class is away, and is one still', () => {
    expect(toSource(syncOf(), noClass)).toMatchObject({ secrets: [] });
  });

  it.for([
    ['it is being deleted', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }],
    ['it only compares', { spec: { mode: 'Shadow' } }],
    ['it makes no sense', { spec: { serviceAccountName: '' } }],
  ] as const)('is none when %s', ([, parts]) => {
    expect(toSource(syncOf(parts), classes)).toBeUndefined();
  });
});

describe('a former source', () => {
  const shadow = { spec: { mode: 'Shadow', rollout: { mode: 'Restart' } }, status: { rollout } };

  it('is one that only compares by now, and has a status from before', () => {
    expect(toFormerSource(syncOf(shadow))).toMatchObject({
      key: 'shop/db',
      secrets: [],
      spec: { ok: true, value: { mode: 'Off' } },
      status: { state: 'Complete' },
    });
  });

  it('is one with nothing but the condition', () => {
    const conditions = [{ type: 'RolloutComplete', status: 'False', reason: 'Invalid', message: '' }];

    expect(toFormerSource(syncOf({ ...shadow, status: { conditions } }))).toBeDefined();
  });

  it.for([
    ['rolls out', { status: { rollout } }],
    ['has said nothing', { spec: shadow.spec }],
    ['is being deleted', { ...shadow, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }],
  ] as const)('is none that %s', ([, parts]) => {
    expect(toFormerSource(syncOf(parts))).toBeUndefined();
  });
});
