import { type ClassObject, parseClass } from '../../src/controller/classes/parse-class.ts';
import { parseSync } from '../../src/controller/parse-sync.ts';
import type { SyncObject } from '../../src/controller/sync-object.ts';
import { apiVersionOf, type KubeObject, type ObjectMeta, resources } from '../../src/kube/objects.ts';

/** Parts of an object; the rest is that of a valid one in the namespace `shop`. */
export interface Parts {
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** A SecretProviderClassSync `db` as the API server sends it; `spec` adds to what it needs. */
export function rawSync({ metadata, spec, status }: Parts = {}): KubeObject {
  const required = { secretProviderClassName: 'db', serviceAccountName: 'app' };
  return {
    apiVersion: apiVersionOf(resources.syncs),
    kind: resources.syncs.kind,
    metadata: { ...common('sync-uid'), ...metadata },
    spec: isMap(spec) ? { ...required, ...spec } : spec === undefined ? required : spec,
    ...(status !== undefined && { status }),
  };
}

export function syncOf(parts: Parts = {}): SyncObject {
  return parseSync(rawSync(parts));
}

/** A SecretProviderClass `db` that may be synced. */
export function rawClass({ metadata, spec }: Parts = {}): KubeObject {
  const required = { provider: 'vault', parameters: { roleName: 'app', objects: '[]' } };
  return {
    apiVersion: apiVersionOf(resources.classes),
    kind: resources.classes.kind,
    metadata: { ...common('class-uid'), labels: { 'lockstep.dev/sync': 'true' }, ...metadata },
    spec: isMap(spec) ? { ...required, ...spec } : spec === undefined ? required : spec,
  };
}

export function classOf(parts: Parts = {}): ClassObject {
  return parseClass(rawClass(parts));
}

function common(uid: string): ObjectMeta {
  return {
    namespace: 'shop',
    name: 'db',
    uid,
    resourceVersion: '7',
    generation: 3,
    creationTimestamp: '2026-01-02T03:04:05Z',
  };
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
