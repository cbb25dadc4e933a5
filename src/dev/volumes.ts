import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import type { YamlNode } from '../spc/yaml-node.ts';
import type { PlayedVolume } from './mount-request.ts';

/** What the driver needs of a SecretProviderClass. */
export interface ProviderClass {
  readonly name: string;
  readonly namespace: string;
  readonly provider: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** As written; undefined: none. */
  readonly secretObjects?: YamlNode | undefined;
}

/** What the played pods bring along besides the name of their class. */
export interface PodExtras {
  readonly volumeAttributes: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>> | null;
}

/** A pod with one volume for a class; its volume lies where kubelet would put it, below `kubeletDir`. */
export function toVolume(providerClass: ProviderClass, kubeletDir: string, extras: PodExtras): PlayedVolume {
  const { name, namespace, provider, parameters } = providerClass;
  const podUid = randomUUID();
  return {
    className: name,
    provider,
    parameters,
    ...extras,
    identity: { namespace, serviceAccount: 'default', podName: `${name}-demo`, podUid },
    targetPath: join(kubeletDir, 'pods', podUid, 'volumes/kubernetes.io~csi/secrets/mount'),
  };
}
