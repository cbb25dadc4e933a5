import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { planSweep, type SourceState, type SweepInput, type SweepPlan } from './plan-sweep.ts';
import { parseVersionName, type VersionSecret } from './version-secret.ts';

const nowMs = Date.UTC(2026, 5, 1);
const minute = 60_000;
const hour = 60 * minute;

/** `db-00000000000N`, made N hours ago, and neither leased nor marked. */
function version(age: number, change: Partial<VersionSecret> = {}): VersionSecret {
  const name = `db-${String(age).padStart(12, '0')}`;
  const createdMs = nowMs - age * hour;
  return {
    namespace: 'shop',
    name,
    uid: name,
    resourceVersion: '1',
    source: 'db',
    createdMs,
    currentSinceMs: createdMs,
    leasedUntilMs: 0,
    unreferencedSinceMs: undefined,
    ...change,
  };
}

const marked = { unreferencedSinceMs: nowMs - hour };
const nameOf = (age: number): string => version(age).name;

function plan(versions: readonly VersionSecret[], change: Change = {}): SweepPlan {
  const { retention = 'InUse', current, isGivenUp = false, live = [], history = [], unpinned = [] } = change;
  const sources = new Map<string, SourceState>(isGivenUp ? [] : [['db', { retention, current }]]);
  const roots = { live: new Set(live), history: new Set(history), unpinned: new Set(unpinned) };
  return planSweep({ versions, roots, sources, nowMs });
}

interface Change extends Partial<SourceState> {
  readonly isGivenUp?: boolean;
  readonly live?: readonly string[];
  readonly history?: readonly string[];
  readonly unpinned?: readonly string[];
}

const names = (versions: readonly VersionSecret[]): readonly string[] => versions.map(({ name }) => name);

describe('a version that nothing uses', () => {
  it('is marked first, and removed when it was marked an hour ago', () => {
    const fresh = version(5);
    const waiting = version(6, { unreferencedSinceMs: nowMs - hour + 1 });
    const due = version(7, { unreferencedSinceMs: nowMs - hour });
    expect(plan([fresh, waiting, due])).toMatchObject({ mark: [fresh], unmark: [], remove: [due] });
  });

  it('is not removed before one that is older, by the time at which it was current', () => {
    const again = version(9, { ...marked, currentSinceMs: nowMs - 2 * hour });
    expect(names(plan([again, version(3, marked), version(8, marked)]).remove)).toEqual([
      nameOf(8),
      nameOf(3),
      nameOf(9),
    ]);
  });

  it('waits when its mark is from the future', () => {
    expect(plan([version(5, { unreferencedSinceMs: nowMs + hour })])).toMatchObject({ mark: [], remove: [] });
  });
});

describe('a version stays, and loses its mark, that', () => {
  it.for<readonly [string, Partial<VersionSecret>, Change]>([
    ['something uses', {}, { live: [nameOf(5)] }],
    ['is current', {}, { current: nameOf(5) }],
    ['is leased', { leasedUntilMs: nowMs + 1 }, {}],
    ['is young', { createdMs: nowMs - 15 * minute + 1 }, {}],
    ['an undo can reach', {}, { retention: 'History', history: [nameOf(5)] }],
    ['an undo can reach, of a source that is given up', {}, { isGivenUp: true, history: [nameOf(5)] }],
    ['something uses, of a source that is given up', {}, { isGivenUp: true, live: [nameOf(5)] }],
    ['is the newest', {}, { retention: 'History' }],
  ])('%s', ([, change, state]) => {
    const kept = version(5, { ...marked, ...change });
    expect(plan([kept], state)).toMatchObject({ mark: [], unmark: [kept], remove: [] });
  });
});

describe('a version goes that', () => {
  it.for<readonly [string, Change]>([
    ['only an undo can reach, in InUse', { history: [nameOf(5)] }],
    ['is the newest, in InUse', {}],
    ['is the newest of a source that is given up', { isGivenUp: true }],
    ['is named like another that is used', { live: [nameOf(6), 'db', 'xdb-000000000005'], current: nameOf(6) }],
  ])('%s', ([, state]) => {
    expect(names(plan([version(5, marked)], state).remove)).toEqual([nameOf(5)]);
  });

  it('was leased and young until now', () => {
    const ended = version(5, { ...marked, leasedUntilMs: nowMs, createdMs: nowMs - 15 * minute });
    expect(plan([ended]).remove).toEqual([ended]);
  });

  it('is the third newest in History', () => {
    const all = [version(4, marked), version(6, marked), version(5, marked)];
    expect(names(plan(all, { retention: 'History' }).remove)).toEqual([nameOf(6)]);
  });
});

describe('the oldest version in use', () => {
  const all = [version(3), version(5), version(4, { currentSinceMs: nowMs - 6 * hour })];
  const useOf = (change: Change): unknown => plan(all, change).uses.get('db');

  it('is the one that was current first, whatever an undo could bring back', () => {
    expect(useOf({ live: [nameOf(3), nameOf(4)], history: [nameOf(5)] })).toEqual({
      versions: 3,
      oldestInUse: { kind: 'Oldest', name: nameOf(4), sinceMs: nowMs - 6 * hour },
    });
  });

  it('is one that is gone before all others', () => {
    expect(useOf({ live: [nameOf(3), nameOf(9), nameOf(8)] })).toEqual({
      versions: 3,
      oldestInUse: { kind: 'Oldest', name: nameOf(8) },
    });
  });

  it('is unknown while a pod reads the stable Secret', () => {
    expect(useOf({ live: [nameOf(3)], unpinned: ['db'] })).toMatchObject({ oldestInUse: { kind: 'Unknown' } });
  });

  it('is none where nothing uses any, and none of another source counts', () => {
    expect(useOf({ live: ['tls-000000000001', 'db-x-000000000001'], unpinned: ['tls'] })).toMatchObject({
      oldestInUse: { kind: 'None' },
    });
  });

  it('is told of sources without versions and of versions without a source', () => {
    const { uses } = plan([version(1, { name: 'tls-000000000001', source: 'tls' })]);
    expect([...uses]).toEqual([
      ['tls', { versions: 1, oldestInUse: { kind: 'None' } }],
      ['db', { versions: 0, oldestInUse: { kind: 'None' } }],
    ]);
  });
});

describe('whatever there is', () => {
  const ages = fc.integer({ min: 0, max: 5 });
  const anyName = ages.map(nameOf);
  const anyVersion = fc.record({ age: ages, since: fc.option(ages), lease: ages }).map(({ age, since, lease }) =>
    version(age, {
      unreferencedSinceMs: since === null ? undefined : nowMs - since * hour,
      leasedUntilMs: nowMs - (lease - 1) * hour,
    }),
  );
  const inputs: fc.Arbitrary<SweepInput> = fc
    .record({
      versions: fc.uniqueArray(anyVersion, { selector: ({ name }) => name }),
      live: fc.array(anyName),
      history: fc.array(anyName),
      sources: fc.array(fc.record({ retention: fc.constantFrom('History', 'InUse'), current: anyName }), {
        maxLength: 1,
      }),
    })
    .map(({ versions, live, history, sources }) => ({
      versions,
      roots: { live: new Set(live), history: new Set(history), unpinned: new Set<string>() },
      sources: new Map(sources.map((state) => ['db', state])),
      nowMs,
    }));

  it('nothing is removed that is used, current or leased, that was not marked an hour ago, or that an undo needs', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { mark, unmark, remove } = planSweep(input);
        const state = input.sources.get('db');
        for (const { name, leasedUntilMs, unreferencedSinceMs } of remove) {
          expect(input.roots.live.has(name) || name === state?.current || leasedUntilMs > nowMs).toBe(false);
          expect(unreferencedSinceMs).toBeLessThanOrEqual(nowMs - hour);
          expect(state?.retention !== 'InUse' && input.roots.history.has(name)).toBe(false);
          expect(parseVersionName(name)?.source).toBe('db');
        }
        const all = [...mark, ...unmark, ...remove];
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});
