import { createHash } from 'node:crypto';

import type { KubeApi, KubeObject } from './kube-api.ts';
import { until } from './until.ts';

/** A stand-in for the CRDs of External Secrets Operator: they take any spec, as its own conversion would leave it. */
const kinds = [
  { kind: 'ExternalSecret', plural: 'externalsecrets', scope: 'Namespaced' },
  { kind: 'SecretStore', plural: 'secretstores', scope: 'Namespaced' },
  { kind: 'ClusterSecretStore', plural: 'clustersecretstores', scope: 'Cluster' },
] as const;

export const operatorGroup = 'external-secrets.io';

/** Creates the CRDs and waits until they are served. */
export async function createOperatorCrds(kube: KubeApi): Promise<void> {
  for (const each of kinds) {
    await kube.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', toCrd(each));
  }
  for (const { plural } of kinds) {
    const isServed = (): Promise<boolean> =>
      kube.call('GET', `/apis/${operatorGroup}/v1/${plural}`).then(Boolean, () => false);
    await until(isServed, { what: `the API server to serve ${plural}` });
  }
}

/** With everything that there is of these kinds. */
export async function removeOperatorCrds(kube: KubeApi): Promise<void> {
  for (const { plural } of kinds) {
    await kube.remove(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${operatorGroup}`);
  }
}

function toCrd({ kind, plural, scope }: (typeof kinds)[number]): object {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${operatorGroup}` },
    spec: {
      group: operatorGroup,
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        { name: 'v1', served: true, storage: true, schema },
        { name: 'v1beta1', served: true, storage: false, schema },
      ],
    },
  };
}

/** A manifest of the operator. */
export function operatorObject(kind: string, metadata: KubeObject['metadata'], spec: object): KubeObject {
  return { apiVersion: `${operatorGroup}/v1`, kind, metadata, spec };
}

interface StoredSecret extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly resourceVersion: string };
}

/**
 * What the operator does for an ExternalSecret with creationPolicy Owner once it has read the values: makes the Secret or adopts it, with
 * its label, its annotation and the ExternalSecret as its owner.
 */
export async function playOperator(
  kube: KubeApi,
  externalSecret: KubeObject,
  secret: { readonly name: string; readonly type: string; readonly data: Readonly<Record<string, string>> },
): Promise<void> {
  const { namespace, name, uid } = externalSecret.metadata;
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  const manager = `?fieldManager=${encodeURIComponent(`externalsecrets.${operatorGroup}/${name}`)}`;
  const entries = Object.entries(secret.data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  const data: unknown = Object.fromEntries(entries);
  const current = await kube.find<StoredSecret>(`${path}/${secret.name}`);
  const metadata = {
    ...current?.metadata,
    name: secret.name,
    labels: { ...current?.metadata.labels, 'reconcile.external-secrets.io/managed': 'true' },
    annotations: {
      ...current?.metadata.annotations,
      'reconcile.external-secrets.io/data-hash': createHash('sha3-224').update(JSON.stringify(data)).digest('hex'),
    },
    ownerReferences: [
      {
        apiVersion: `${operatorGroup}/v1`,
        kind: 'ExternalSecret',
        name,
        uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
  const object = { apiVersion: 'v1', kind: 'Secret', type: secret.type, metadata, data };
  if (current === undefined) await kube.call('POST', `${path}${manager}`, object);
  else await kube.call('PUT', `${path}/${secret.name}${manager}`, object);
}
