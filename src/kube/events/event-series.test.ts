import { describe, expect, it } from 'vitest';

import { EventSeries, type ObjectReference, seriesKey } from './event-series.ts';

const nowMs = Date.UTC(2026, 0, 1);
const about: ObjectReference = {
  apiVersion: 'lockstep.dev/v1alpha1',
  kind: 'SecretProviderClassSync',
  namespace: 'shop',
  name: 'db',
  uid: 'uid-of-db',
};
const details = { type: 'Warning', reason: 'VaultDenied', action: 'Sync', note: 'no' } as const;

function create(more: Partial<ObjectReference> = {}, note = 'no', instance = 'one'): EventSeries {
  return new EventSeries({ ...about, ...more }, { ...details, note }, { nowMs, instance, random: () => 0.5 });
}

describe('an Event', () => {
  it('says what happened to which object, when, and who noticed', () => {
    expect(create().toObject()).toEqual({
      metadata: { namespace: 'shop', name: `db.${nowMs.toString(16)}80000000` },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'lockstep.dev/controller',
      reportingInstance: 'one',
      type: 'Warning',
      reason: 'VaultDenied',
      action: 'Sync',
      regarding: about,
      note: 'no',
    });
  });

  it('of what happened again has a series, and keeps the time of the first', () => {
    const series = create();
    series.repeat(nowMs + 1_000);
    series.repeat(nowMs + 2_500);

    const expected = { series: { count: 3, lastObservedTime: '2026-01-01T00:00:02.500000Z' } };
    expect(series.toPatch()).toEqual(expected);
    expect(series.toObject()).toMatchObject({ eventTime: '2026-01-01T00:00:00.000000Z', ...expected });
  });

  it('stands in the default namespace when its object has none', () => {
    expect(create({ namespace: undefined }).name.namespace).toBe('default');
  });

  it.for(['x'.repeat(253), `${'x'.repeat(232)}.${'y'.repeat(20)}`, `${'x'.repeat(230)}-.-.-.${'y'.repeat(20)}`])(
    'has a name that the API server takes, however long that of its object is',
    (name) => {
      const made = create({ name }).name.name;

      expect(made.length).toBeLessThanOrEqual(253);
      expect(made).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    },
  );

  it('has a note of one KiB at most, cut between characters', () => {
    const note = String(create({}, 'ä'.repeat(2_000)).toObject()['note']);

    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note).toMatch(/^ä+…$/);
  });

  it('cuts the name of a replica that the API server would not take', () => {
    expect(create({}, 'no', 'i'.repeat(300)).toObject()['reportingInstance']).toBe('i'.repeat(128));
  });
});

it.for([
  [{ ...about, uid: 'other' }, details],
  [{ ...about, name: 'other' }, details],
  [{ ...about, namespace: 'other' }, details],
  [about, { ...details, reason: 'Other' }],
  [about, { ...details, note: 'other' }],
  [about, { ...details, type: 'Normal' }],
] as const)('belongs into another series: %j', ([otherAbout, otherDetails]) => {
  expect(seriesKey(otherAbout, otherDetails)).not.toBe(seriesKey(about, details));
  expect(seriesKey({ ...about }, { ...details })).toBe(seriesKey(about, details));
});
