import { SecretError } from '../../src/core/errors.ts';
import { shippedPolicies } from '../../src/doctor/check-install.ts';
import { examine } from '../../src/doctor/examine.ts';
import type { DoctorFinding, DoctorId } from '../../src/doctor/finding.ts';
import { Sight } from '../../src/doctor/sight.ts';
import type { ApiReader } from '../../src/kube/client/api-client.ts';
import type { KubeList, KubeObject } from '../../src/kube/objects.ts';

/** Parts of an object; the rest of its metadata is filled in. */
export interface WorldObject {
  readonly metadata?: Partial<KubeObject['metadata']>;
  readonly [field: string]: unknown;
}

/** What a cluster has, by plural; a plural that is missing has no objects. */
export type World = Readonly<Record<string, readonly WorldObject[]>>;

export interface WorldOptions {
  /** Plurals of which the API server knows nothing, or `plural/version`. */
  readonly unserved?: readonly string[];
  /** Plurals that the caller may not list. */
  readonly forbidden?: readonly string[];
  readonly namespace?: string;
}

/** A cluster in which nothing is wrong and nothing runs. */
export const calm: World = {
  csidrivers: [
    {
      metadata: { name: 'secrets-store.csi.k8s.io' },
      spec: { requiresRepublish: true, tokenRequests: [{ audience: 'vault' }, { audience: 'sts.amazonaws.com' }] },
    },
  ],
  daemonsets: [driver()],
  validatingadmissionpolicies: shippedPolicies.map((name) => ({ metadata: { name } })),
};

/** The DaemonSet of the CSI driver, as its chart writes it. */
export function driver(
  flags: readonly string[] = [],
  image = 'registry.k8s.io/csi-secrets-store/driver:v1.6.0',
): WorldObject {
  const own = ['--endpoint=unix:///csi/csi.sock', '--provider-volume=/var/run/secrets-store-csi-providers'];
  const args = [...own, '--enable-secret-rotation=true', ...flags];
  return workload('csi-secrets-store', [{ name: 'secrets-store', image, args }], {
    metadata: { namespace: 'kube-system' },
    volumes: [{ name: 'providers', hostPath: { path: '/var/run/secrets-store-csi-providers' } }],
  });
}

export interface WorkloadOptions extends WorldObject {
  readonly volumes?: readonly object[];
  readonly template?: object;
}

/** A Deployment, DaemonSet or StatefulSet of the namespace `shop`. */
export function workload(
  name: string,
  containers: readonly object[],
  { metadata, volumes = [], template = {} }: WorkloadOptions = {},
): WorldObject {
  return {
    metadata: { namespace: 'shop', name, ...metadata },
    spec: { template: { ...template, spec: { containers, volumes } } },
  };
}

/** A volume of a class. */
export function mountOf(secretProviderClass: string): object {
  return { name: 'secrets', csi: { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass } } };
}

/** An object of the namespace `shop` with a spec. */
export function object(name: string, spec: object = {}, rest: WorldObject = {}): WorldObject {
  return { ...rest, metadata: { namespace: 'shop', name, ...rest.metadata }, spec };
}

/** What the doctor says about the calm cluster with what `world` puts in the place of its objects. */
export async function diagnose(world: World, options: WorldOptions = {}): Promise<readonly DoctorFinding[]> {
  const client = clientOf({ ...calm, ...world }, options);
  return examine(await Sight.look({ client, namespace: options.namespace, signal: AbortSignal.timeout(10_000) }));
}

/** Those of some ids, as `severity id object`. */
export async function found(
  ids: readonly DoctorId[],
  world: World,
  options?: WorldOptions,
): Promise<readonly string[]> {
  const findings = await diagnose(world, options);
  return findings
    .filter(({ id }) => ids.includes(id))
    .map(({ severity, id, object: what }) => `${severity} ${id} ${what}`);
}

function clientOf(world: World, { unserved = [], forbidden = [] }: WorldOptions): Pick<ApiReader, 'list'> {
  return {
    list({ plural, version }, { namespace, labelSelector }): Promise<KubeList> {
      if (unserved.includes(plural) || unserved.includes(`${plural}/${version}`))
        return Promise.reject(new SecretError('KUBE_NOT_FOUND', 'no such kind'));
      if (forbidden.includes(plural)) return Promise.reject(new SecretError('KUBE_FORBIDDEN', 'not allowed'));
      const items = (world[plural] ?? [])
        .map(toObject)
        .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
        .filter(({ metadata }) => {
          const [name = '', value] = labelSelector?.split('=') ?? [];
          return labelSelector === undefined || metadata.labels?.[name] === value;
        });
      return Promise.resolve({ metadata: { resourceVersion: '1' }, items });
    },
  };
}

function toObject({ metadata, ...rest }: WorldObject): KubeObject {
  return { ...rest, metadata: { name: 'x', uid: 'u', resourceVersion: '1', ...metadata } };
}
