import { irsaAudience } from '../core/aws-ref.ts';
import { marshalGo } from '../core/go-json.ts';
import type { MountRequest } from '../gen/v1alpha1/service.ts';
import type { PodIdentity, PodTokens } from './pod-tokens.ts';

/** One volume of one pod, as the manifests declare it. */
export interface PlayedVolume {
  readonly className: string;
  readonly provider: string;
  /** `spec.parameters` of the class. */
  readonly parameters: ReadonlyMap<string, string>;
  /** `volumeAttributes` of the pod's volume; they override parameters of the same name. */
  readonly volumeAttributes: Readonly<Record<string, string>>;
  /** The Secret of the pod's nodePublishSecretRef; null: it names none. */
  readonly secrets: Readonly<Record<string, string>> | null;
  readonly identity: PodIdentity;
  readonly targetPath: string;
}

/** What the played CSIDriver object lists under tokenRequests. Every provider gets the tokens of all of them. */
const audiences = ['openbao', irsaAudience, 'vault'];

/** The call that driver 1.6 makes for a volume, at the first mount and at every republish alike. */
export function toMountRequest(volume: PlayedVolume, tokens: PodTokens): MountRequest {
  return {
    // As Go writes a map: keys sorted, `<`, `>` and `&` escaped.
    attributes: marshalGo(new Map(Object.entries(toAttributes(volume, tokens)))),
    secrets: marshalGo(volume.secrets && new Map(Object.entries(volume.secrets))),
    targetPath: volume.targetPath,
    permission: '420',
    currentObjectVersion: [],
  };
}

function toAttributes(volume: PlayedVolume, tokens: PodTokens): Record<string, string> {
  const { identity } = volume;
  const issued = audiences.map((audience) => [audience, tokens.issue(identity, audience)] as const);
  return {
    ...Object.fromEntries(volume.parameters),
    ...volume.volumeAttributes,
    secretProviderClass: volume.className,
    'csi.storage.k8s.io/ephemeral': 'true',
    'csi.storage.k8s.io/pod.name': identity.podName,
    'csi.storage.k8s.io/pod.namespace': identity.namespace,
    'csi.storage.k8s.io/pod.uid': identity.podUid,
    'csi.storage.k8s.io/serviceAccount.name': identity.serviceAccount,
    'csi.storage.k8s.io/serviceAccount.tokens': JSON.stringify(Object.fromEntries(issued)),
  };
}
