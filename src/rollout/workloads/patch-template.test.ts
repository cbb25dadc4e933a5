import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createKubeUnderTest, failureOf, type KubeUnderTest } from '../../../test/fakes/kube-client-under-test.ts';
import { rawWorkload } from '../../../test/fakes/workloads.ts';
import { type KubeObject, membersOf } from '../../kube/objects.ts';
import { patchTemplate } from './patch-template.ts';
import { templateOf, toWorkload } from './workload.ts';
import { type WorkloadKind, workloadResources } from './workload-kind.ts';

const annotations = { 'lockstep.dev/pins': 'db=db-000000000001' };
const options = { signal: new AbortController().signal };

let under: KubeUnderTest;

beforeEach(async () => {
  under = await createKubeUnderTest();
});

afterEach(() => under[Symbol.asyncDispose]());

function put(kind: WorkloadKind): KubeObject {
  const theirs = { 'prometheus.io/scrape': 'true' };
  return under.kube.put(workloadResources[kind], rawWorkload(kind, { annotations: theirs }));
}

async function patch(kind: WorkloadKind, object: KubeObject, wanted: Readonly<Record<string, string>> = annotations) {
  const workload = toWorkload(kind, object);
  if (!workload) throw new Error('no Secret concerns it');
  const deps = { client: under.client, fieldManager: 'lockstep-rollout' };
  return await patchTemplate(workload, wanted, deps, options);
}

function annotationsOf(kind: WorkloadKind): unknown {
  const object = under.kube.get(workloadResources[kind], 'shop', 'web');
  return object && membersOf(templateOf(kind, object)['metadata'])['annotations'];
}

describe('the pod template', () => {
  it.for(Object.keys(workloadResources) as readonly WorkloadKind[])(
    'of a %s gets our annotations and keeps the others',
    async (kind) => {
      const before = put(kind);
      const generation = await patch(kind, before);

      expect(annotationsOf(kind)).toEqual({ 'prometheus.io/scrape': 'true', ...annotations });
      const { metadata } = under.kube.get(workloadResources[kind], 'shop', 'web') ?? before;
      expect(generation).toBe(metadata.generation ?? 0);
      expect(metadata.managedFields).toMatchObject([{ manager: 'kubectl' }, { manager: 'lockstep-rollout' }]);
    },
  );

  it('loses an annotation of ours that is left out', async () => {
    await patch('Deployment', put('Deployment'));
    const stamp = { 'lockstep.dev/secret-hashes': 'kid=00000000;db=000000000001' };
    await patch('Deployment', put('Deployment'), stamp);

    expect(annotationsOf('Deployment')).toEqual({ 'prometheus.io/scrape': 'true', ...stamp });
  });

  it('is taken over from whoever has written our annotation', async () => {
    const object = under.kube.put(
      workloadResources.Deployment,
      rawWorkload('Deployment', { annotations: { 'lockstep.dev/pins': 'db=db-000000000000' } }),
    );
    await patch('Deployment', object);

    expect(annotationsOf('Deployment')).toEqual(annotations);
  });

  it('is left alone when it is that of another workload of the name, and none is made where it is gone', async () => {
    const before = put('Deployment');
    under.kube.remove(workloadResources.Deployment, 'shop', 'web');
    expect(await failureOf(patch('Deployment', before))).toMatchObject({ code: expect.stringMatching(/^KUBE_/) });
    expect(under.kube.all(workloadResources.Deployment)).toEqual([]);

    put('Deployment');
    expect(await failureOf(patch('Deployment', before))).toMatchObject({ code: expect.stringMatching(/^KUBE_/) });
    expect(annotationsOf('Deployment')).toEqual({ 'prometheus.io/scrape': 'true' });
  });
});
