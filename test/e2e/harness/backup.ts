import type { KubeApi, KubeObject } from './kube-api.ts';
import { classGroup, syncGroup } from './tenant.ts';

/** An object of a backup and the collection that it is created in, with `{namespace}` for where. */
interface SavedObject {
  readonly collection: string;
  readonly object: KubeObject;
}

/** In the order in which backup tools restore: Secrets before custom objects. */
const collections = [
  '/api/v1/namespaces/{namespace}/secrets',
  `${classGroup}/namespaces/{namespace}/secretproviderclasses`,
  `${syncGroup}/namespaces/{namespace}/secretproviderclasssyncs`,
];

/** Everything of a namespace, as Velero keeps it: without status, and without what belongs to one life of an object. */
export async function takeBackup(kube: KubeApi, namespace: string): Promise<readonly SavedObject[]> {
  const saved: SavedObject[] = [];
  for (const collection of collections) {
    const list = await kube.call<List>('GET', collection.replace('{namespace}', namespace));
    const { apiVersion } = list;
    const kind = list.kind.replace(/List$/, '');
    for (const item of list.items) saved.push({ collection, object: strip({ ...item, apiVersion, kind }) });
  }
  return saved;
}

/** Creates everything in a namespace; what is there already stays as it is, as a backup tool has it. */
export async function restore(kube: KubeApi, backup: readonly SavedObject[], namespace: string): Promise<void> {
  for (const { collection, object } of backup) {
    // A controller that runs may have made it a moment ago.
    await kube.createMissing(collection.replace('{namespace}', namespace), object);
  }
}

interface List {
  readonly apiVersion: string;
  readonly kind: string;
  readonly items: readonly KubeObject[];
}

function strip({ status: _status, metadata, ...rest }: KubeObject): KubeObject {
  const { name, labels, annotations } = metadata;
  return { ...rest, metadata: { name, labels, annotations } };
}
