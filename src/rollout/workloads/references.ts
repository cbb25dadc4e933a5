import { membersOf } from '../../kube/objects.ts';

/** Keys of a Secret; `all` where the whole of it is read, and for keys that only the kubelet or a driver knows. */
export type KeySet = ReadonlySet<string> | 'all';

/** A Secret that a pod reads; everything that the pod says about it in one. */
export interface SecretReference {
  readonly secret: string;
  readonly keys: KeySet;
  /** Every mention of it is: the pod starts without it. */
  readonly optional: boolean;
}

export interface References {
  /** One for each Secret, sorted by its name. */
  readonly references: readonly SecretReference[];
  /** SecretProviderClasses mounted through the CSI driver, sorted. */
  readonly classes: readonly string[];
}

/**
 * What of Secrets a pod spec, or a template with one under `spec`, can read, wherever it may name one: the places that
 * Kubernetes itself visits (VisitPodSecretNames). A volume counts also when no container mounts it, because the kubelet sets
 * it up, and waits for its Secret, all the same. Pins are not applied. What has not the shape of the API is left out; never
 * throws.
 */
export function findReferences(podTemplateOrSpec: unknown): References {
  const outer = membersOf(podTemplateOrSpec);
  const spec = 'spec' in outer ? membersOf(outer['spec']) : outer;
  const volumes = listOf(spec['volumes']);
  const mentions = [
    ...listOf(spec['imagePullSecrets']).map(wholeSecret),
    ...containerLists.flatMap((name) => listOf(spec[name]).flatMap(inContainer)),
    ...volumes.flatMap(inVolume),
  ];
  return { references: merge(mentions), classes: [...new Set(volumes.flatMap(classOf))].toSorted() };
}

/** JSON of which every member is checked where it is read. */
type Members = Readonly<Record<string, unknown>>;

/** One place that names a Secret; undefined as its name: none after all. */
interface Mention extends Omit<SecretReference, 'secret'> {
  readonly secret: string | undefined;
}

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const;
const driver = 'secrets-store.csi.k8s.io';

/** Volumes of plug-ins, with a reference to a Secret for their own use. */
const pluginVolumes = ['cephfs', 'cinder', 'flexVolume', 'rbd', 'scaleIO', 'iscsi', 'storageos'] as const;

function inContainer(container: Members): readonly Mention[] {
  const single = listOf(container['env']).map((variable) => {
    const selector = membersOf(membersOf(variable['valueFrom'])['secretKeyRef']);
    return toMention(selector['name'], keysIn([selector]), selector['optional']);
  });
  return [...single, ...listOf(container['envFrom']).map((source) => wholeSecret(source['secretRef']))];
}

function inVolume(volume: Members): readonly Mention[] {
  const secret = membersOf(volume['secret']);
  return [
    toMention(secret['secretName'], keysIn(secret['items']), secret['optional']),
    ...listOf(membersOf(volume['projected'])['sources']).map(({ secret: source }) => {
      const { name, items, optional } = membersOf(source);
      return toMention(name, keysIn(items), optional);
    }),
    toMention(membersOf(volume['azureFile'])['secretName'], 'all'),
    ...pluginVolumes.map((plugin) => wholeSecret(membersOf(volume[plugin])['secretRef'])),
    wholeSecret(membersOf(volume['csi'])['nodePublishSecretRef']),
  ];
}

function classOf(volume: Members): readonly string[] {
  const csi = membersOf(volume['csi']);
  const name = membersOf(csi['volumeAttributes'])['secretProviderClass'];
  return csi['driver'] === driver && typeof name === 'string' && name !== '' ? [name] : [];
}

function wholeSecret(reference: unknown): Mention {
  const { name, optional } = membersOf(reference);
  return toMention(name, 'all', optional);
}

function toMention(name: unknown, keys: KeySet, optional?: unknown): Mention {
  const secret = typeof name === 'string' && name !== '' ? name : undefined;
  return { secret, keys, optional: optional === true };
}

/** The keys that items select; without items, or with one that is none, all. */
function keysIn(items: unknown): KeySet {
  const keys = listOf(items).map(({ key }) => key);
  const texts = keys.filter((key) => typeof key === 'string');
  return keys.length > 0 && texts.length === keys.length ? new Set(texts) : 'all';
}

function merge(mentions: readonly Mention[]): readonly SecretReference[] {
  const merged = new Map<string, SecretReference>();
  for (const { secret, keys, optional } of mentions) {
    if (secret === undefined) continue;
    const before = merged.get(secret);
    merged.set(secret, {
      secret,
      keys: before === undefined ? keys : union(before.keys, keys),
      optional: optional && (before?.optional ?? true),
    });
  }
  return [...merged.values()].toSorted((a, b) => (a.secret < b.secret ? -1 : 1));
}

function union(a: KeySet, b: KeySet): KeySet {
  return a === 'all' || b === 'all' ? 'all' : a.union(b);
}

function listOf(value: unknown): readonly Members[] {
  return Array.isArray(value) ? value.map(membersOf) : [];
}
