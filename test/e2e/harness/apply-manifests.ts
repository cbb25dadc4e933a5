import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import type { KubeApi, KubeObject } from './kube-api.ts';
import { until } from './until.ts';

const deploy = join(import.meta.dirname, '../../../deploy');

/** Applies our CRDs where they are not there yet, and waits until they are served. */
export async function applyCrds(kube: KubeApi): Promise<void> {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const crd of readManifests('crds/*.yaml')) {
    if ((await kube.find(`${definitions}/${crd.metadata.name}`)) === undefined)
      await kube.call('POST', definitions, crd);
  }
  const list = '/apis/lockstep.dev/v1alpha1/secretproviderclasssyncs';
  // 404 at first, then 429 while its storage begins.
  const isServed = (): Promise<boolean> => kube.call('GET', list).then(Boolean, () => false);
  await until(isServed, { what: `the API server to serve ${list}` });
}

/** Objects of the YAML files below `deploy` that match. */
export function readManifests(pattern: string): readonly KubeObject[] {
  const files = globSync(join(deploy, pattern)).toSorted();
  // The edge of the harness: our own manifests.
  return files.flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8')).map((each) => each.toJS() as KubeObject),
  );
}
