import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import type { KubeApi, KubeObject } from './kube-api.ts';
import { until } from './until.ts';

const deploy = join(import.meta.dirname, '../../../deploy');
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Applies our CRDs where they are not there yet, and waits until they are served. */
export async function applyCrds(kube: KubeApi): Promise<void> {
  for (const crd of readManifests('crds/*.yaml')) {
    if ((await kube.find(`${definitions}/${crd.metadata.name}`)) === undefined)
      await kube.call('POST', definitions, crd);
  }
  await served(kube);
}

/** Puts CRDs in place of those that are there: those of another tree's `deploy`, or our own. */
export async function replaceCrds(kube: KubeApi, from = deploy): Promise<void> {
  for (const crd of readManifests('crds/*.yaml', from)) {
    const path = `${definitions}/${crd.metadata.name}`;
    const { metadata } = await kube.call<{ metadata: { readonly resourceVersion: string } }>('GET', path);
    const { resourceVersion } = metadata;
    await kube.call('PUT', path, { ...crd, metadata: { ...crd.metadata, resourceVersion } });
  }
  await served(kube);
}

async function served(kube: KubeApi): Promise<void> {
  const list = '/apis/lockstep.dev/v1alpha1/secretproviderclasssyncs';
  // 404 at first, then 429 while its storage begins.
  const isServed = (): Promise<boolean> => kube.call('GET', list).then(Boolean, () => false);
  await until(isServed, { what: `the API server to serve ${list}` });
}

/** Objects of the YAML files below `deploy` that match. */
export function readManifests(pattern: string, from = deploy): readonly KubeObject[] {
  const files = globSync(join(from, pattern)).toSorted();
  // The edge of the harness: our own manifests.
  return files.flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8')).map((each) => each.toJS() as KubeObject),
  );
}
