import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createKubeUnderTest, failureOf, type KubeUnderTest } from '../../test/fakes/kube-client-under-test.ts';
import { sourceOf, statusOf } from '../../test/fakes/sources.ts';
import { workloadOf } from '../../test/fakes/workloads.ts';
import type { EventDetails, ObjectReference } from '../kube/events/event-series.ts';
import { membersOf, resources } from '../kube/objects.ts';
import { createMetrics, type Metrics } from '../platform/metrics.ts';
import { RolloutMetrics } from './rollout-metrics.ts';
import { RolloutReport, type Verdict } from './rollout-report.ts';
import type { Source } from './source.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const options = { signal: new AbortController().signal };
const complete: Verdict = { rollout: statusOf({ updated: 1 }), status: 'True', reason: 'Complete', message: 'well' };

let under: KubeUnderTest;
let metrics: Metrics;
let report: RolloutReport;
let isThere: boolean;
let events: { readonly about: ObjectReference; readonly details: EventDetails }[];

beforeEach(async () => {
  under = await createKubeUnderTest();
  metrics = createMetrics();
  isThere = true;
  events = [];
  report = new RolloutReport({
    client: under.client,
    events: { record: (about, details) => void events.push({ about, details }) },
    metrics: new RolloutMetrics(metrics),
    fieldManager: 'lockstep-rollout',
    isThere: () => isThere,
  });
  under.kube.put(resources.syncs, { metadata: { namespace: 'shop', name: 'db' }, spec: {} });
});

afterEach(() => under[Symbol.asyncDispose]());

function seen(parts: Partial<Source> = {}): Source {
  const { metadata } = under.kube.get(resources.syncs, 'shop', 'db') ?? { metadata: undefined };
  return sourceOf({ uid: metadata?.uid ?? '', resourceVersion: metadata?.resourceVersion ?? '', ...parts });
}

async function tell(source: Source, verdict: Verdict | undefined, nowMs = now): Promise<void> {
  await report.tell(source, verdict, nowMs, options);
}

function status(): Readonly<Record<string, unknown>> {
  return membersOf(under.kube.get(resources.syncs, 'shop', 'db')?.['status']);
}

async function updated(): Promise<number | undefined> {
  const { values } = await metrics.rolloutWorkloads.get();
  return values.find(({ labels }) => labels.state === 'Updated')?.value;
}

describe('what rollouts say in a status', () => {
  it('is written once, though the watch lags behind', async () => {
    const source = seen();
    await tell(source, complete);
    await tell(report.current(source), complete, now + 60_000);

    expect(under.kube.calls).toEqual(['apply secretproviderclasssyncs/status shop/db']);
    expect(status()).toEqual({
      rollout: complete.rollout,
      conditions: [
        {
          type: 'RolloutComplete',
          status: 'True',
          reason: 'Complete',
          message: 'well',
          observedGeneration: 3,
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    });
  });

  it('gives way to what the watch shows, once that is as new', async () => {
    await tell(seen(), complete);
    const shown = seen({ status: statusOf({ updated: 7 }) });
    report.seen(shown);

    expect(report.current(shown).status).toMatchObject({ updated: 7 });
  });

  it('goes when there is nothing to say any more, and what others say stays', async () => {
    const ready = { metadata: { namespace: 'shop', name: 'db' }, status: { conditions: [{ type: 'Ready' }] } };
    await under.client.apply(resources.syncs, ready, { ...options, force: true, subresource: 'status' });
    const source = seen();
    await tell(source, complete);
    await tell(report.current(source), undefined);

    expect(status()).toEqual({ conditions: [{ type: 'Ready' }] });
    expect(await updated()).toBe(0);
  });

  it('keeps the time of its condition while only the words change, and cuts them to what fits', async () => {
    const source = seen();
    await tell(source, complete);
    await tell(report.current(source), { ...complete, reason: 'Idle', message: 'x'.repeat(5000) }, now + 60_000);

    const [condition] = status()['conditions'] as readonly { readonly message: string }[];
    expect(condition).toMatchObject({ reason: 'Idle', lastTransitionTime: '2026-01-01T00:00:00Z' });
    expect(Buffer.byteLength(condition?.message ?? '')).toBe(1024);
  });

  it('is not written to another SecretProviderClassSync of the name', async () => {
    const before = seen({ uid: 'another' });

    expect(await failureOf(tell(before, complete))).toMatchObject({ code: expect.stringMatching(/^KUBE_/) });
    expect(status()).toEqual({});
    expect(await updated()).toBeUndefined();
  });

  it('is forgotten when the SecretProviderClassSync went while it was written', async () => {
    isThere = false;
    const source = seen();
    await tell(source, complete);

    expect(report.current(source)).toBe(source);
    expect(await updated()).toBeUndefined();
  });

  it('is forgotten with the SecretProviderClassSync', async () => {
    const source = seen();
    await tell(source, complete);
    report.forget(source.key);

    expect(report.current(source)).toBe(source);
    expect(await updated()).toBe(0);
  });
});

describe('an Event of a rollout', () => {
  it('is about the SecretProviderClassSync, and about the workload if there is one', () => {
    const event = { source: 'shop/db', type: 'Warning', reason: 'RolloutFailed', note: 'failed' } as const;
    report.announce(sourceOf(), { ...event, workload: workloadOf('StatefulSet') });
    report.announce(sourceOf(), event);

    const sync = {
      apiVersion: 'lockstep.dev/v1alpha1',
      kind: 'SecretProviderClassSync',
      namespace: 'shop',
      name: 'db',
    };
    const web = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'shop', name: 'web', uid: 'web-uid' };
    expect(events.map(({ about }) => about)).toEqual([
      { ...sync, uid: 'uid of db' },
      web,
      { ...sync, uid: 'uid of db' },
    ]);
    expect(events[0]?.details).toEqual({ type: 'Warning', reason: 'RolloutFailed', action: 'Rollout', note: 'failed' });
  });
});
