import { describe, expect, it } from 'vitest';

import { claimedSpec, parseLease, releasedSpec } from './lease.ts';
import type { KubeObject } from '../objects.ts';

const nowMs = Date.UTC(2026, 0, 1, 12);
const writer = { identity: 'one', durationMs: 15_000, nowMs };
const now = '2026-01-01T12:00:00.000000Z';

function lease(spec?: unknown): KubeObject {
  const metadata = { name: 'controller', namespace: 'lockstep', uid: 'u', resourceVersion: '7' };
  return { metadata, ...(spec !== undefined && { spec }) };
}

describe('a record', () => {
  it('says who leads, and how long one has to wait for them', () => {
    expect(parseLease(lease({ holderIdentity: 'two', leaseDurationSeconds: 30 }))).toMatchObject({
      holder: 'two',
      durationMs: 30_000,
    });
  });

  it.for([
    undefined,
    null,
    {},
    'x',
    [],
    { holderIdentity: null, leaseDurationSeconds: null },
    { holderIdentity: '', leaseDurationSeconds: 0 },
    { holderIdentity: 5, leaseDurationSeconds: '15' },
    { leaseDurationSeconds: -15 },
  ])('of nobody is what makes no sense: %j', (spec) => {
    expect(parseLease(lease(spec))).toMatchObject({ holder: '', durationMs: undefined });
  });

  it('looks different after every renewal, and the same when somebody only labels it', () => {
    const first = lease({ holderIdentity: 'two', renewTime: now });
    const labelled = { ...first, metadata: { ...first.metadata, resourceVersion: '8', labels: { a: 'b' } } };
    const renewed = lease({ holderIdentity: 'two', renewTime: '2026-01-01T12:00:02.000000Z' });

    expect(parseLease(labelled).fingerprint).toBe(parseLease(first).fingerprint);
    expect(parseLease(renewed).fingerprint).not.toBe(parseLease(first).fingerprint);
  });
});

describe('a claim', () => {
  it('of a lease that is not there begins with no transition', () => {
    expect(claimedSpec(undefined, writer)).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: 0,
    });
  });

  it("of another's lease counts a transition, and leaves alone what it does not know", () => {
    const spec = { holderIdentity: 'two', acquireTime: 'then', renewTime: 'then', leaseTransitions: 4, strategy: 'x' };

    expect(claimedSpec(lease(spec), writer)).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: 5,
      strategy: 'x',
    });
  });

  it('of its own lease is a renewal', () => {
    const spec = { holderIdentity: 'one', acquireTime: 'then', renewTime: 'then', leaseTransitions: 4 };

    expect(claimedSpec(lease(spec), writer)).toMatchObject({
      acquireTime: 'then',
      renewTime: now,
      leaseTransitions: 4,
    });
  });

  it.for([undefined, null, 'x', { leaseTransitions: 'many' }])('repairs a lease that makes no sense: %j', (spec) => {
    expect(claimedSpec(lease(spec), writer)).toMatchObject({ holderIdentity: 'one', leaseTransitions: 1 });
  });
});

it('a release names nobody, keeps the count, and has the shortest duration that the API server takes', () => {
  const spec = { holderIdentity: 'one', leaseDurationSeconds: 15, acquireTime: 'then', leaseTransitions: 4 };

  expect(releasedSpec(lease(spec), nowMs)).toEqual({
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: 'then',
    renewTime: now,
    leaseTransitions: 4,
  });
});
