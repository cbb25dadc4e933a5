import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { checkLabelValue } from '../../secret-objects/kube-syntax.ts';
import { parseVersionName, toSourceLabel, toVersionSecret } from './version-secret.ts';

const metadata = {
  namespace: 'shop',
  name: 'db-0123456789ab',
  uid: 'u',
  resourceVersion: '7',
  creationTimestamp: '2026-01-01T00:00:00Z',
  labels: { 'lockstep.dev/pinned-source': 'db', 'lockstep.dev/version': '0123456789ab' },
};
const createdMs = Date.UTC(2026, 0, 1);

describe('the name of a version', () => {
  it.for([
    ['db-0123456789ab', 'db', '0123456789ab'],
    ['a.b-c-vvvvvvvvvvvv', 'a.b-c', 'vvvvvvvvvvvv'],
    ['db-0123456789ab-000000000000', 'db-0123456789ab', '000000000000'],
  ] as const)('%s is one of %s', ([name, source, version]) => {
    expect(parseVersionName(name)).toEqual({ source, version });
  });

  it.for([
    'db',
    'db-',
    '-0123456789ab',
    'db-0123456789a',
    'db-0123456789abc',
    'db-0123456789aw',
    'db-0123456789AB',
    'db--',
  ])('%s is none', (name) => {
    expect(parseVersionName(name)).toBeUndefined();
  });
});

describe('the label of a version', () => {
  it('is a value that the API server takes, and another for every source, however long', () => {
    const part = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?$/);
    const source = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.').slice(0, 240));
    fc.assert(
      fc.property(source, source, (one, other) => {
        expect(checkLabelValue(toSourceLabel(one))).toBeUndefined();
        expect(toSourceLabel(one) === toSourceLabel(other)).toBe(one === other);
      }),
    );
  });

  it('is the name of the source where there is room', () => {
    expect(toSourceLabel('d'.repeat(63))).toBe('d'.repeat(63));
    expect(toSourceLabel('d'.repeat(64))).toMatch(/^d{50}-[0-9a-f]{12}$/);
  });
});

describe('a version Secret', () => {
  it('is known by name and label', () => {
    expect(toVersionSecret({ metadata })).toEqual({
      namespace: 'shop',
      name: 'db-0123456789ab',
      uid: 'u',
      resourceVersion: '7',
      source: 'db',
      createdMs,
      currentSinceMs: createdMs,
      leasedUntilMs: 0,
      unreferencedSinceMs: undefined,
    });
  });

  it('says since when it is current and of no use, and until when it is leased', () => {
    const annotations = {
      'lockstep.dev/current-since': '2026-01-02T00:00:00.500Z',
      'lockstep.dev/leased-until': '2026-01-03T00:00:00.000Z',
      'lockstep.dev/unreferenced-since': '2026-01-04T00:00:00.000Z',
    };
    expect(toVersionSecret({ metadata: { ...metadata, annotations } })).toMatchObject({
      currentSinceMs: Date.UTC(2026, 0, 2) + 500,
      leasedUntilMs: Date.UTC(2026, 0, 3),
      unreferencedSinceMs: Date.UTC(2026, 0, 4),
    });
  });

  it('counts as new and as marked never where its times are no times', () => {
    const annotations = { 'lockstep.dev/leased-until': 'soon', 'lockstep.dev/unreferenced-since': '' };
    expect(toVersionSecret({ metadata: { ...metadata, creationTimestamp: 'x', annotations } })).toMatchObject({
      createdMs: Number.POSITIVE_INFINITY,
      leasedUntilMs: 0,
      unreferencedSinceMs: undefined,
    });
  });

  it.for([
    ['has another name', { name: 'db' }],
    ['is one of another source', { name: 'tls-0123456789ab' }],
    ['is another version', { name: 'db-000000000000' }],
    ['has no namespace', { namespace: undefined }],
    ['lost its labels', { labels: {} }],
    ['lost one label', { labels: { 'lockstep.dev/pinned-source': 'db' } }],
    ['has empty labels', { labels: { 'lockstep.dev/pinned-source': '', 'lockstep.dev/version': '' } }],
    [
      'is kept by another controller',
      { ownerReferences: [{ apiVersion: 'v1', kind: 'Mirror', name: 'm', uid: 'm', controller: true }] },
    ],
  ] as const)('is not one that %s', ([, change]) => {
    const { namespace, ...other } = { ...metadata, ...change };
    expect(toVersionSecret({ metadata: { ...other, ...(namespace && { namespace }) } })).toBeUndefined();
  });
});
