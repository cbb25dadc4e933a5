import { describe, expect, it } from 'vitest';

import { createMetrics } from '../../platform/metrics.ts';
import { SyncMetrics, type SyncState } from './sync-metrics.ts';

const synced: SyncState = { ready: true, reason: 'Synced', isSuspended: false, lastSuccessMs: 2_000_000 };
const denied: SyncState = { ready: false, reason: 'VaultDenied', isSuspended: false };
const suspended: SyncState = { ready: false, reason: 'Suspended', isSuspended: true };

describe('sums', () => {
  it('count the objects by reason', async () => {
    const { record, series } = setUp();
    record({ 'a/x': synced, 'a/y': synced, 'b/x': denied });

    expect(await series('lockstep_sync_ready')).toEqual([
      '{namespace="",name="",reason="Synced"} 2',
      '{namespace="",name="",reason="VaultDenied"} 1',
    ]);
  });

  it('follow an object from reason to reason, and leave none behind', async () => {
    const { record, series } = setUp();
    record({ 'a/x': synced, 'a/y': synced, 'b/x': denied });
    record({ 'b/x': synced });
    record({ 'b/x': synced });

    expect(await series('lockstep_sync_ready')).toEqual(['{namespace="",name="",reason="Synced"} 3']);
  });

  it('tell the oldest last success, which a failure does not change', async () => {
    const { record, series } = setUp();
    record({ 'a/x': synced, 'a/y': { ...synced, lastSuccessMs: 1_000_000 }, 'a/z': denied });
    record({ 'a/y': denied });
    expect(await series('lockstep_sync_last_success_timestamp_seconds')).toEqual(['{namespace="",name=""} 1000']);

    record({ 'a/y': { ...synced, lastSuccessMs: 3_000_000 } });
    expect(await series('lockstep_sync_last_success_timestamp_seconds')).toEqual(['{namespace="",name=""} 2000']);
  });

  it('expect nothing of who is suspended, until it goes on', async () => {
    const { record, series } = setUp();
    record({ 'a/x': synced });
    record({ 'a/x': suspended });
    expect(await series('lockstep_sync_last_success_timestamp_seconds')).toEqual([]);

    record({ 'a/x': denied });
    expect(await series('lockstep_sync_last_success_timestamp_seconds')).toEqual(['{namespace="",name=""} 2000']);
  });

  it('forget who is gone', async () => {
    const { metrics, record, series } = setUp();
    record({ 'a/x': synced, 'a/y': { ...synced, lastSuccessMs: 1_000_000 } });

    metrics.forget('a/y');
    expect(await series('lockstep_sync_ready')).toEqual(['{namespace="",name="",reason="Synced"} 1']);
    expect(await series('lockstep_sync_last_success_timestamp_seconds')).toEqual(['{namespace="",name=""} 2000']);
    metrics.forget('a/x');
    metrics.forget('a/x');

    expect(await series('lockstep_sync_ready')).toEqual([]);
    expect(await series('lockstep_sync_last_success_timestamp_seconds')).toEqual([]);
  });
});

it('begins anew with an object of the same name', async () => {
  const { metrics, record, series } = setUp();
  record({ 'a/x': synced });
  metrics.forget('a/x');

  record({ 'a/x': denied });

  expect(await series('lockstep_sync_ready')).toEqual(['{namespace="",name="",reason="VaultDenied"} 1']);
  expect(await series('lockstep_sync_last_success_timestamp_seconds')).toEqual([]);
});

describe('series of each object', () => {
  it('tell whether it is ready, why, and its last success', async () => {
    const { record, series } = setUp({ perObject: true });
    record({ 'a/x': synced, 'b/x.y': denied });

    expect(await series('lockstep_sync_ready')).toEqual([
      '{namespace="a",name="x",reason="Synced"} 1',
      '{namespace="b",name="x.y",reason="VaultDenied"} 0',
    ]);
    expect(await series('lockstep_sync_last_success_timestamp_seconds')).toEqual(['{namespace="a",name="x"} 2000']);
  });

  it('follow an object from reason to reason', async () => {
    const { record, series } = setUp({ perObject: true });
    record({ 'a/x': synced });
    record({ 'a/x': denied });

    expect(await series('lockstep_sync_ready')).toEqual(['{namespace="a",name="x",reason="VaultDenied"} 0']);
    expect(await series('lockstep_sync_last_success_timestamp_seconds')).toEqual(['{namespace="a",name="x"} 2000']);
  });

  it('expect nothing of who is suspended', async () => {
    const { record, series } = setUp({ perObject: true });
    record({ 'a/x': synced });
    record({ 'a/x': suspended });

    expect(await series('lockstep_sync_ready')).toEqual(['{namespace="a",name="x",reason="Suspended"} 0']);
    expect(await series('lockstep_sync_last_success_timestamp_seconds')).toEqual([]);
  });

  it('go with the object', async () => {
    const { metrics, record, series } = setUp({ perObject: true });
    record({ 'a/x': synced, 'a/y': synced });

    metrics.forget('a/x');
    metrics.forget('a/unknown');

    expect(await series('lockstep_sync_ready')).toEqual(['{namespace="a",name="y",reason="Synced"} 1']);
    expect(await series('lockstep_sync_last_success_timestamp_seconds')).toEqual(['{namespace="a",name="y"} 2000']);
  });
});

function setUp({ perObject = false }: { readonly perObject?: boolean } = {}) {
  const all = createMetrics();
  const metrics = new SyncMetrics({ metrics: all, perObject });
  return {
    metrics,
    record: (states: Readonly<Record<string, SyncState>>): void => {
      for (const [key, state] of Object.entries(states)) metrics.record(key, state);
    },
    /** Labels and values, sorted. */
    series: async (name: string): Promise<readonly string[]> => {
      const lines = (await all.registry.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`));
      return lines.map((line) => line.slice(name.length)).toSorted();
    },
  };
}
