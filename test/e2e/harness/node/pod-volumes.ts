import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Mount } from '../image/container.ts';
import type { KubeApi, KubeObject } from '../kube-api.ts';
import type { ContainerPlan, PodPlan, VolumePlan } from './pod-plan.ts';

export interface VolumesOptions {
  readonly kube: KubeApi;
  /** Folder of this pod alone. */
  readonly dir: string;
  /** What the test has in place of directories of the host. */
  readonly hostPaths: Readonly<Record<string, string>>;
  /** Sees every token that a pod gets. */
  readonly onToken: (token: string) => void;
}

/** Where clients look for the identity of their pod. */
const identityPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const apiAudience = 'https://kubernetes.default.svc.cluster.local';

/** The volumes of a pod, as kubelet fills them: folders of the host by name. */
export class PodVolumes {
  readonly #folders: ReadonlyMap<string, string>;
  readonly #identity: readonly Mount[];

  private constructor(folders: ReadonlyMap<string, string>, identity: readonly Mount[]) {
    this.#folders = folders;
    this.#identity = identity;
  }

  static async prepare(pod: PodPlan, options: VolumesOptions): Promise<PodVolumes> {
    const folders = new Map<string, string>();
    for (const volume of pod.spec.volumes) folders.set(volume.name, await prepareOne(volume, pod, options));
    if (!(await wantsIdentity(pod, options.kube))) return new PodVolumes(folders, []);
    const source = await writeIdentity(pod, options);
    return new PodVolumes(folders, [{ source, destination: identityPath, readOnly: true }]);
  }

  /** Throws where a container mounts what the pod has not. */
  mountsOf({ volumeMounts }: ContainerPlan): readonly Mount[] {
    const own = volumeMounts.map(({ name, mountPath: destination, readOnly }) => {
      const source = this.#folders.get(name);
      if (source === undefined) throw new Error(`no volume ${name}`);
      return { source, destination, readOnly };
    });
    return [...own, ...this.#identity];
  }
}

async function prepareOne(volume: VolumePlan, pod: PodPlan, { kube, dir, hostPaths }: VolumesOptions): Promise<string> {
  if ('hostPath' in volume) {
    const folder = hostPaths[volume.hostPath.path];
    if (folder === undefined) throw new Error(`no folder in place of the host's ${volume.hostPath.path}`);
    return folder;
  }
  const { secretName, items, defaultMode } = volume.secret;
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/secrets/${secretName}`;
  const { data } = await kube.call<KubeObject & { data: Readonly<Record<string, string>> }>('GET', path);
  const folder = join(dir, volume.name);
  for (const item of items) {
    const value = data[item.key];
    if (value === undefined) throw new Error(`Secret ${secretName} has no key ${item.key}`);
    writeOwned(join(folder, item.path), Buffer.from(value, 'base64'), { mode: defaultMode, owner: 0 });
  }
  return folder;
}

/** The pod says so, else its account; where neither says anything, it gets one. */
async function wantsIdentity({ metadata, spec }: PodPlan, kube: KubeApi): Promise<boolean> {
  const path = `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${spec.serviceAccountName}`;
  const account = await kube.call<KubeObject & { automountServiceAccountToken?: boolean }>('GET', path);
  return spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

/** The folder with a token that is good for as long as the pod is there, the API server's authority, and the namespace. */
async function writeIdentity({ metadata, spec }: PodPlan, { kube, dir, onToken }: VolumesOptions): Promise<string> {
  const { namespace, name, uid } = metadata;
  const serviceAccount = spec.serviceAccountName;
  const bound = { namespace, serviceAccount, audience: apiAudience, pod: { name, uid } };
  const { token } = await kube.createToken(bound);
  onToken(token);
  const roots = `/api/v1/namespaces/${namespace}/configmaps/kube-root-ca.crt`;
  const { data } = await kube.call<KubeObject & { data: Readonly<Record<string, string>> }>('GET', roots);
  const folder = join(dir, 'identity');
  // Where all containers run as one user, only that one reads the token.
  writeOwned(join(folder, 'token'), token, { mode: 0o600, owner: spec.securityContext.runAsUser });
  writeOwned(join(folder, 'ca.crt'), data['ca.crt'] ?? '', { mode: 0o644, owner: 0 });
  writeOwned(join(folder, 'namespace'), namespace, { mode: 0o644, owner: 0 });
  return folder;
}

function writeOwned(file: string, content: string | Buffer, { mode, owner }: { mode: number; owner: number }): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
  chownSync(file, owner, owner);
}
