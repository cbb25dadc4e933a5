import { SecretError } from '../../core/errors.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import type { ApiClient, CallOptions } from '../../kube/client/api-client.ts';
import { type KubeObject, membersOf, resources } from '../../kube/objects.ts';
import type { Clock } from '../../platform/clock.ts';
import { sameData } from '../../secret-objects/digest.ts';
import { rolloutNames } from '../names.ts';
import { toTime } from '../past-time.ts';
import { unlessRaced } from './unless-raced.ts';
import { toVersionLabels, versionAnnotations } from './version-labels.ts';
import { parseVersionName, toVersionSecret } from './version-secret.ts';
import { contentHash, maxVersionedNameLength, namespaceKey, type SecretData, versionName } from './version.ts';

/**
 * A Secret as it is now: what is to be kept as a version. A DesiredSecret with its namespace; of a Secret that was taken over and
 * has keys of others, the data with those, for pinned pods read nothing else.
 */
export interface VersionSource {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly data: SecretData;
  /** Those of other tools are left out of the copy. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface EnsureOptions extends CallOptions {
  /** The version Secret that held the source's content last, by name: the caller remembers it, in the status. */
  readonly current?: string | undefined;
}

/** `change` undefined: the content is that of the current version still. */
export interface EnsuredVersion {
  /** NAME-VERSION: what a pin names. */
  readonly name: string;
  readonly version: string;
  readonly change?: 'created' | 'reused' | undefined;
}

export interface VersionSecretsDeps {
  /** Fenced: a replica that lost the lease writes nothing more. */
  readonly client: Pick<ApiClient, 'get' | 'create' | 'patch'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Versions are in names that everybody sees: keyed, they are worth nothing for guessing values. */
  readonly versionKey: SecretBytes;
}

export interface VersionSecrets {
  /**
   * Sees to it that an immutable Secret holds this content, and that it is not deleted within the next quarter of an hour. It has
   * no owner: pods that run are not killed because a SecretProviderClassSync goes; collectGarbage removes what nothing uses. The
   * bytes decide what is new and not the hash: another key renames nothing. A Secret of somebody else is never written to.
   *
   * Call it before the stable Secret is written and before any pod template names the version, and when the current one is gone;
   * it costs at least one read, so not for content (SecretContent.hash) that is known to be kept. What it answers must be
   * `current` for collectGarbage from then on. Throws SECRET_INVALID, SECRET_CONFLICT, KUBE_…, QUOTA_EXCEEDED and
   * NAMESPACE_TERMINATING; nothing is half done then, and the pods keep the version that they have.
   */
  ensure(source: VersionSource, options: EnsureOptions): Promise<EnsuredVersion>;
}

/** Long enough to get from here to the pin in a pod template. */
export const leaseMs = 15 * 60_000;

/** Other content under the same 60 bits, or a Secret of somebody else: more than one is no accident. */
const maxCollisions = 5;
/** Between reading and writing, others made, changed or deleted it. */
const maxRaces = 5;

export function createVersionSecrets(deps: VersionSecretsDeps): VersionSecrets {
  return {
    async ensure(source, { current, signal }) {
      requireRoom(source);
      const held = current === undefined ? undefined : await findCurrent(current, source, { deps, signal });
      if (held) return held;
      for (let collisions = 0; collisions < maxCollisions; collisions++) {
        const version = hashOf(source, collisions, deps);
        const name = versionName(source.name, version);
        const change = await obtain(name, source, { deps, signal });
        if (change) return { name, version, change };
      }
      throw new SecretError(
        'SECRET_CONFLICT',
        `no version of Secret ${source.name} can be kept: ${maxCollisions} Secrets ${source.name}-… that are not lockstep's ` +
          'have the names for it; rename or delete those',
      );
    },
  };
}

interface Call extends CallOptions {
  readonly deps: VersionSecretsDeps;
}

function requireRoom({ name }: VersionSource): void {
  if (name.length <= maxVersionedNameLength) return;
  throw new SecretError(
    'SECRET_INVALID',
    `Secret ${name} has a name of ${name.length} characters, and with more than ${maxVersionedNameLength} there is no room ` +
      'for a version behind it; use a shorter secretName, or the mode Restart',
  );
}

async function findCurrent(name: string, source: VersionSource, { deps, signal }: Call) {
  const parsed = parseVersionName(name);
  if (parsed?.source !== source.name) return undefined;
  const object = await deps.client.get(resources.secrets, { namespace: source.namespace, name }, { signal });
  return object && holds(object, source) ? { name, version: parsed.version } : undefined;
}

/** What is no type of a Secret makes another hash of the same content; the same one every time, so that it is found again. */
function hashOf({ namespace, type, data }: VersionSource, collisions: number, deps: VersionSecretsDeps): string {
  const key = namespaceKey(deps.versionKey, namespace);
  return contentHash(key, collisions === 0 ? type : `${type}\u0000${collisions}`, data);
}

/** Makes the Secret, or takes the one that is there for longer. Undefined: it is something else. */
async function obtain(name: string, source: VersionSource, call: Call): Promise<EnsuredVersion['change']> {
  const { client } = call.deps;
  for (let races = 0; races < maxRaces; races++) {
    const found = await client.get(resources.secrets, { namespace: source.namespace, name }, call);
    if (found && !(isOurs(found) && holds(found, source))) return undefined;
    const isDone = await (found ? lease(found, call) : create(name, source, call));
    if (isDone) return found ? 'reused' : 'created';
  }
  throw new SecretError(
    'KUBE_CONFLICT',
    `Secret ${name} in namespace ${source.namespace} is changed by others all the time; it is tried again`,
  );
}

/** False: somebody was faster. */
async function create(name: string, source: VersionSource, { deps, signal }: Call): Promise<boolean> {
  const { namespace, labels, type, data } = source;
  const encoded = [...data].map(([key, value]) => [key, value.reveal().toString('base64')]);
  const object = {
    metadata: {
      namespace,
      name,
      labels: toVersionLabels(name, labels),
      annotations: { ...versionAnnotations, ...toUse(deps) },
    },
    type,
    immutable: true,
    data: Object.fromEntries(encoded),
  };
  return await unlessRaced(deps.client.create(resources.secrets, object, { signal }), ['KUBE_CONFLICT']);
}

/**
 * Gives the Secret another resourceVersion, so that a deletion that was decided before fails. False: it came first, or
 * something else did.
 */
async function lease({ metadata }: KubeObject, { deps, signal }: Call): Promise<boolean> {
  const { uid, resourceVersion } = metadata;
  const annotations = { ...toUse(deps), [rolloutNames.unreferencedSince]: null };
  const patch = { metadata: { uid, resourceVersion, annotations } };
  const patched = deps.client.patch(resources.secrets, metadata, patch, { signal });
  return await unlessRaced(patched, ['KUBE_CONFLICT', 'KUBE_NOT_FOUND']);
}

function toUse({ clock }: VersionSecretsDeps): Readonly<Record<string, string>> {
  const nowMs = clock.now();
  return { [rolloutNames.currentSince]: toTime(nowMs), [rolloutNames.leasedUntil]: toTime(nowMs + leaseMs) };
}

/** One that the collection of garbage does not know is nothing to rely on: whoever made it may delete it. */
function isOurs(object: KubeObject): boolean {
  return toVersionSecret(object) !== undefined;
}

/** Whether this very content is in it, and stays. */
function holds({ metadata, type, immutable, data }: KubeObject, source: VersionSource): boolean {
  if (immutable !== true || type !== source.type || metadata.deletionTimestamp !== undefined) return false;
  return sameData(toData(data), source.data);
}

function toData(data: unknown): SecretData {
  const entries = Object.entries(membersOf(data));
  return new Map(entries.map(([key, text]) => [key, SecretBytes.from(Buffer.from(String(text), 'base64'))]));
}
