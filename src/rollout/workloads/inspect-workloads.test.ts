import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createKubeUnderTest, failureOf, type KubeUnderTest } from '../../../test/fakes/kube-client-under-test.ts';
import { sourceOf, statusOf } from '../../../test/fakes/sources.ts';
import { workloadOf } from '../../../test/fakes/workloads.ts';
import { type Resource, resources } from '../../kube/objects.ts';
import { createLogger } from '../../platform/logger.ts';
import type { Findings } from './inspect-workload.ts';
import { inspectWorkloads } from './inspect-workloads.ts';
import type { WorkloadKind } from './workload-kind.ts';

const startedAt = '2026-01-01T00:00:30Z';
const selector = { selector: { matchLabels: { app: 'web' } } };
const broken = { containerStatuses: [{ name: 'web', state: { waiting: { reason: 'ImagePullBackOff' } } }] };

let under: KubeUnderTest;
let nowMs: number;
let lines: string[];

beforeEach(async () => {
  nowMs = Date.parse(startedAt);
  under = await createKubeUnderTest({ now: () => nowMs });
  lines = [];
});

afterEach(() => under[Symbol.asyncDispose]());

async function inspect(
  kind: WorkloadKind = 'Deployment',
  signal = new AbortController().signal,
): Promise<Findings | undefined> {
  const workload = workloadOf(kind, { spec: selector });
  const entry = {
    workload: workload.key,
    uid: workload.uid,
    mode: 'Restart',
    generation: 3,
    usage: '',
    stamp: '',
  } as const;
  const status = statusOf({ workloads: [{ ...entry, rollout: { version: 'v', startedAt } }] });
  const logger = createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line) });
  const deps = { client: under.client, logger };
  const found = await inspectWorkloads([workload], [sourceOf(), sourceOf({ name: 'api', status })], deps, { signal });
  return found.get(workload.key);
}

interface Owned {
  readonly owner?: object;
  readonly labels?: Readonly<Record<string, string>>;
  readonly status?: object;
}

function put(resource: Resource, name: string, { owner, labels = { app: 'web' }, status }: Owned): void {
  const ownerReference = { apiVersion: 'apps/v1', kind: 'x', name: 'x', uid: 'x', controller: true, ...owner };
  under.kube.put(resource, {
    metadata: { namespace: 'shop', name, labels, ownerReferences: [ownerReference] },
    ...(status && { status }),
  });
}

const ofReplicaSet = { kind: 'ReplicaSet', name: 'web-7d9c' };
const ofWeb = { uid: 'web-uid' };

describe('a workload that rolls out', () => {
  it.for([
    ['Deployment', ofReplicaSet, resources.replicaSets],
    ['StatefulSet', ofWeb, resources.controllerRevisions],
    ['DaemonSet', ofWeb, resources.controllerRevisions],
  ] as const)('is looked at: pods and revisions of a %s', async ([kind, podOwner, revision]) => {
    put(resources.pods, 'web-1', { owner: podOwner, status: broken });
    for (const name of ['web-a', 'web-b']) put(revision, name, { owner: ofWeb });
    put(revision, 'web-c', { owner: { uid: 'another' } });

    expect(await inspect(kind)).toMatchObject({ podFailure: { reason: 'ImagePullBackOff' }, revisions: 2 });
  });

  it.for([
    ['of another workload whose name begins alike', { owner: { ...ofReplicaSet, name: 'web-api-7d9c' } }],
    ['of a Job of the same labels', { owner: { kind: 'Job', name: 'web-7d9c' } }],
    ['with other labels', { owner: ofReplicaSet, labels: { app: 'other' } }],
    ['that is well', { owner: ofReplicaSet, status: {} }],
  ] as const)('has nothing to do with a pod %s', async ([, parts]) => {
    put(resources.pods, 'web-1', { status: broken, ...parts });

    expect(await inspect()).toEqual({ podFailure: undefined, revisions: 0 });
  });

  it.for([
    ['before', -1000, []],
    ['in the same second as', 0, ['ImagePullBackOff']],
    ['after', 5000, ['ImagePullBackOff']],
  ] as const)('is not judged by what was there before: a pod made %s the start', async ([, offsetMs, expected]) => {
    nowMs += offsetMs;
    put(resources.pods, 'web-1', { owner: ofReplicaSet, status: broken });
    const findings = await inspect();

    expect([findings?.podFailure?.reason].filter(Boolean)).toEqual(expected);
  });

  it('of a CronJob has no pods of its own', async () => {
    expect(await inspect('CronJob')).toEqual({ podFailure: undefined, revisions: undefined });
    expect(under.kube.calls).toEqual([]);
  });

  it('is left out when its pods may not be listed, and the log says so', async () => {
    under.kube.forbid({ verb: 'list', plural: 'pods' });

    expect(await inspect()).toBeUndefined();
    expect(lines).toEqual([expect.stringMatching(/KUBE_FORBIDDEN.*Deployment shop\/web/)]);
  });

  it('is not looked at any more when the term has ended', async () => {
    const over = new Error('over');

    expect(await failureOf(inspect('Deployment', AbortSignal.abort(over)))).toBe(over);
    expect(lines).toEqual([]);
  });
});
