import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createKubeUnderTest, type KubeUnderTest } from '../../../test/fakes/kube-client-under-test.ts';
import { rawWorkload, readingAll, type WorkloadParts } from '../../../test/fakes/workloads.ts';
import { resources } from '../../kube/objects.ts';
import { systemClock } from '../../platform/clock.ts';
import { createLogger } from '../../platform/logger.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { type WorkloadKind, workloadResources } from './workload-kind.ts';
import { createWorkloadWatches, type WorkloadWatches } from './workload-watches.ts';

const { signal } = new AbortController();
const version = 'db-000000000001';

let under: KubeUnderTest;
let watches: WorkloadWatches;

beforeEach(async () => {
  under = await createKubeUnderTest();
});

afterEach(async () => {
  await watches.group.stop(signal);
  await under[Symbol.asyncDispose]();
});

async function start(namespaces?: readonly string[]): Promise<void> {
  const logger = createLogger({ level: 'error', format: 'json', write: () => undefined });
  const deps = { client: under.client, clock: systemClock, logger, metrics: createMetrics(), random: () => 0.5 };
  watches = createWorkloadWatches({ namespaces }, deps);
  await watches.group.start(signal);
  await watches.group.settled(signal);
}

function put(kind: WorkloadKind, name = 'web', parts: WorkloadParts = {}): void {
  const metadata = { namespace: 'shop', ...parts.metadata, name };
  under.kube.put(workloadResources[kind], rawWorkload(kind, { ...parts, metadata }));
}

function putVersion(labels: Readonly<Record<string, string>> = { 'lockstep.dev/pinned-source': 'db' }): void {
  under.kube.put(resources.secrets, { metadata: { namespace: 'shop', name: version, labels } });
}

describe('the workloads of a namespace', () => {
  it('are those of all four kinds that use a Secret', async () => {
    for (const kind of Object.keys(workloadResources) as readonly WorkloadKind[]) put(kind, kind.toLowerCase());
    put('Deployment', 'idle', { pod: { containers: [{ name: 'web' }] } });
    put('Deployment', 'far', { metadata: { namespace: 'bank' } });
    await start();

    expect(watches.in('shop').map(({ key }) => key)).toEqual([
      'Deployment shop/deployment',
      'StatefulSet shop/statefulset',
      'DaemonSet shop/daemonset',
      'CronJob shop/cronjob',
    ]);
    expect(watches.problem('shop')).toBeUndefined();
  });

  it('are told of when they come, change and go', async () => {
    await start();
    const changes: string[] = [];
    watches.onWorkload(({ namespace, previous, current }) => {
      changes.push([namespace, previous?.references[0]?.secret, current?.references[0]?.secret].join(' '));
    });
    put('Deployment');
    put('Deployment', 'web', { pod: readingAll('api') });
    under.kube.remove(resources.deployments, 'shop', 'web');

    await vi.waitFor(() => expect(changes).toEqual(['shop  db', 'shop db api', 'shop api ']));
  });

  it('are looked at for the label of Pin', async () => {
    const metadata = { labels: { 'lockstep.dev/rollout': 'Pin' } };
    put('Deployment', 'one', { metadata });
    put('CronJob', 'two', { metadata });
    await start();
    expect([watches.hasPinLabel('shop'), watches.hasPinLabel('bank')]).toEqual([true, false]);

    under.kube.remove(resources.deployments, 'shop', 'one');
    put('CronJob', 'two', { metadata: { labels: {} } });
    await vi.waitFor(() => expect(watches.hasPinLabel('shop')).toBe(false));
  });

  it.for(['daemonsets', 'namespaces'])('are not known while %s may not be listed', async (plural) => {
    under.kube.forbid({ verb: 'list', plural });
    await start();

    expect(watches.problem('shop')).toMatchObject({ code: 'KUBE_FORBIDDEN', message: expect.stringContaining(plural) });
  });

  it('are known where they are watched only', async () => {
    put('Deployment');
    put('Deployment', 'web', { metadata: { namespace: 'bank' } });
    await start(['shop']);

    expect([watches.in('shop').length, watches.in('bank').length]).toEqual([1, 0]);
    expect([watches.problem('shop'), watches.problem('bank')]).toMatchObject([undefined, { code: 'CONFIG_INVALID' }]);
  });
});

describe('a namespace', () => {
  it('is frozen by its label, whatever else says so', async () => {
    const label = (value: string) => ({ 'lockstep.dev/freeze': value });
    under.kube.put(resources.namespaces, { metadata: { name: 'shop', labels: label('true') } });
    under.kube.put(resources.namespaces, { metadata: { name: 'bank', labels: label('false') } });
    await start();
    expect([watches.isFrozen('shop'), watches.isFrozen('bank')]).toEqual([true, false]);

    const told: string[] = [];
    watches.onFreeze((namespace) => void told.push(namespace));
    under.kube.put(resources.namespaces, { metadata: { name: 'shop', labels: {} } });
    await vi.waitFor(() => expect(told).toEqual(['shop']));
    expect(watches.isFrozen('shop')).toBe(false);
  });

  it('has versions of Secrets, and it is told when one comes and goes', async () => {
    await start();
    const told: unknown[] = [];
    watches.onVersion((namespace) => void told.push(namespace));
    watches.onVersionGone((gone) => void told.push(gone));
    expect([watches.hasVersions('shop'), [...watches.versionNamespaces()]]).toEqual([false, []]);

    putVersion();
    await vi.waitFor(() => expect(told).toEqual(['shop']));
    expect([watches.hasVersions('shop'), [...watches.versionNamespaces()]]).toEqual([true, ['shop']]);

    putVersion({});
    await vi.waitFor(() => expect(told).toEqual(['shop', { namespace: 'shop', name: version }]));
    expect(watches.hasVersions('shop')).toBe(false);
  });
});
