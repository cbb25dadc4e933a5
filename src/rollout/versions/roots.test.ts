import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Resource, resources } from '../../kube/objects.ts';
import { createKubeUnderTest, failureOf, type KubeUnderTest } from '../../../test/fakes/kube-client-under-test.ts';
import { putUser, type User } from '../../../test/fakes/version-users.ts';
import { collectRoots, type Roots } from './roots.ts';

const { signal } = new AbortController();
const version = 'db-000000000001';
const scope = { namespace: 'shop', versions: new Set([version]), sources: new Set(['db']) };
const pinned: User = { pins: `db=${version}` };

let test: KubeUnderTest;

beforeEach(async () => {
  test = await createKubeUnderTest();
});
afterEach(async () => await test[Symbol.asyncDispose]());

const put = (resource: Resource, user: User): void => putUser(test.kube, resource, user);
const collect = async (): Promise<Roots> => await collectRoots(test.client, scope, { signal });
const holdsOf = ({ live, history }: Roots): object => ({ live: [...live], history: [...history] });

const isLive = { live: [version], history: [] };
const isHistory = { live: [], history: [version] };
const isNothing = { live: [], history: [] };

describe('a version is used by', () => {
  const { pods, deployments, statefulSets, daemonSets, replicaSets, cronJobs, jobs } = resources;

  it.for<readonly [string, Resource, User]>([
    ['a running pod', pods, { status: { phase: 'Running' } }],
    ['a pod that is not known to have ended', pods, {}],
    ['a pod of which nothing is heard', pods, { status: { phase: 'Unknown' } }],
    ['a Deployment', deployments, {}],
    ['a Deployment that is scaled to nothing', deployments, { spec: { replicas: 0 } }],
    ['a StatefulSet', statefulSets, {}],
    ['a DaemonSet', daemonSets, {}],
    ['a CronJob', cronJobs, {}],
    ['a CronJob that is suspended', cronJobs, { spec: { suspend: true } }],
    ['a ReplicaSet with pods', replicaSets, { spec: { replicas: 1 } }],
    ['a Job that was just made', jobs, {}],
    ['a Job that is suspended', jobs, { status: { conditions: [{ type: 'Suspended', status: 'True' }] } }],
    ['a Job whose pods still end', jobs, { status: { conditions: [{ type: 'FailureTarget', status: 'True' }] } }],
    ['a Job that is not complete', jobs, { status: { conditions: [{ type: 'Complete', status: 'False' }] } }],
  ])('%s, by pin and by name', async ([, resource, user]) => {
    put(resource, { ...user, ...pinned });
    expect(holdsOf(await collect())).toEqual(isLive);
    put(resource, { ...user, reads: version });
    expect(holdsOf(await collect())).toEqual(isLive);
  });

  it('a pod that is being deleted', async () => {
    const metadata = { name: 'web', namespace: 'shop', deletionTimestamp: '2026-01-01T00:00:00Z' };
    test.kube.put(pods, { metadata: { ...metadata, annotations: { 'lockstep.dev/pins': `db=${version}` } } });
    expect(holdsOf(await collect())).toEqual(isLive);
  });

  it.for(['currentRevision', 'updateRevision'])('the %s of a StatefulSet', async (field) => {
    put(resources.controllerRevisions, { ...pinned, name: 'web-1' });
    put(statefulSets, { status: { [field]: 'web-1' } });
    expect(holdsOf(await collect())).toEqual(isLive);
  });
});

describe('a version can be brought back from', () => {
  it.for<readonly [string, Resource, User]>([
    ['a ReplicaSet without pods', resources.replicaSets, { spec: { replicas: 0 } }],
    ['a ControllerRevision', resources.controllerRevisions, {}],
  ])('%s', async ([, resource, user]) => {
    put(resource, { ...user, ...pinned });
    expect(holdsOf(await collect())).toEqual(isHistory);
  });
});

describe('a version is not used by', () => {
  it.for<readonly [string, Resource, User]>([
    ['a pod that succeeded', resources.pods, { status: { phase: 'Succeeded' } }],
    ['a pod that failed', resources.pods, { status: { phase: 'Failed' } }],
    ['a Job that is complete', resources.jobs, { status: { conditions: [{ type: 'Complete', status: 'True' }] } }],
    ['a Job that failed', resources.jobs, { status: { conditions: [{ type: 'Failed', status: 'True' }] } }],
    ['another namespace', resources.pods, { namespace: 'other' }],
  ])('%s', async ([, resource, user]) => {
    put(resource, { ...user, ...pinned, reads: version });
    expect(holdsOf(await collect())).toEqual(isNothing);
  });

  it('a pod that names another Secret like it', async () => {
    put(resources.pods, { pins: `tls=tls-000000000001,db=db`, reads: 'db-000000000002' });
    expect(holdsOf(await collect())).toEqual(isNothing);
  });
});

describe('a pin counts', () => {
  it('also for a version that is gone', async () => {
    put(resources.deployments, { pins: 'db=db-000000000000' });
    expect([...(await collect()).live]).toEqual(['db-000000000000']);
  });

  it.for([
    `db = ${version}`,
    `db:${version}`,
    `{"db": "${version}"}`,
    `,;db==${version};`,
    `tls=tls-1 db=${version}`,
    `db=db-000000000002,db=${version}`,
  ])('however a person has written it: %s', async (pins) => {
    put(resources.deployments, { pins });
    expect((await collect()).live).toContain(version);
  });
});

describe('a pod that reads the stable Secret', () => {
  it('makes its source unknown, whatever its annotation says, and no template does', async () => {
    put(resources.deployments, { ...pinned });
    expect((await collect()).unpinned).toEqual(new Set());
    put(resources.pods, { ...pinned });
    expect((await collect()).unpinned).toEqual(new Set(['db']));
  });

  it('does not when it has ended', async () => {
    put(resources.pods, { status: { phase: 'Succeeded' } });
    expect((await collect()).unpinned).toEqual(new Set());
  });
});

describe('the lists', () => {
  const kinds = [
    'cronjobs',
    'deployments',
    'statefulsets',
    'daemonsets',
    'replicasets',
    'controllerrevisions',
    'jobs',
    'pods',
  ];

  it('are of what is now, from what makes pods down to the pods, so that a use that moves on is met', async () => {
    await collect();
    expect(test.kube.calls).toEqual(kinds.map((plural) => `list ${plural} shop`));
    expect(test.kube.requests.every(({ query }) => query.get('resourceVersion') === null)).toBe(true);
  });

  it('are read to their ends', async () => {
    for (let index = 0; index < 1_001; index++) put(resources.pods, { name: `web-${index}` });
    put(resources.pods, { ...pinned, name: 'x' });
    expect(holdsOf(await collect())).toEqual(isLive);
    expect(test.kube.count({ verb: 'list', plural: 'pods' })).toBe(3);
  });

  it.for(kinds)('of %s are all needed', async (plural) => {
    test.kube.forbid({ plural });
    expect(await failureOf(collect())).toMatchObject({ code: 'KUBE_FORBIDDEN' });
  });

  it('that come from something else than an API server are none', async () => {
    test.kube.script({ plural: 'pods' }, { status: 200, body: { items: [] } });
    expect(await failureOf(collect())).toMatchObject({ code: 'KUBE_ANSWER_INVALID' });
  });
});
