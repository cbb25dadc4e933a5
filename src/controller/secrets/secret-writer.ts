import { SecretError } from '../../core/errors.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import type { ApiClient, AppliedObject, CallOptions } from '../../kube/client/api-client.ts';
import { keyOf, type ObjectKey, resources } from '../../kube/objects.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { contentDigest, differingKeys } from '../../secret-objects/digest.ts';
import type { DesiredSecret } from '../../secret-objects/secret-object.ts';
import { isAdopted, type OwnedSecret, type OwnedSecrets } from './owned-secrets.ts';
import { toApplied, toMetadata } from './applied-secret.ts';
import { differencesOf, isSame, type SecretDifferences } from './secret-differences.ts';
import { type LiveSecret, toLiveSecret } from './live-secret.ts';
import { ownershipOf, toConflict } from './secret-ownership.ts';
import type { SyncObject, SyncSpec } from '../sync-object.ts';
import type { SecretStatus } from '../status/sync-status.ts';

export interface SecretWriterDeps {
  /** Fenced: a replica that lost the lease writes nothing more. */
  readonly client: Pick<ApiClient, 'get' | 'apply' | 'patch' | 'delete'>;
  readonly owned: Pick<OwnedSecrets, 'get' | 'of'>;
  readonly metrics: Pick<Metrics, 'secretWrites'>;
  /** Keys the digests that are kept in memory. */
  readonly digestKey: SecretBytes;
  /** Whether that SecretProviderClassSync exists and wants the Secret; when in doubt, yes. */
  readonly isWanted: (sync: ObjectKey, secret: ObjectKey) => boolean;
}

/** For whom a Secret is kept. */
export interface SecretOwner {
  readonly sync: SyncObject;
  readonly spec: SyncSpec;
}

/** What became of one Secret. `change` undefined: nothing was written. */
export interface WriteResult {
  readonly status: SecretStatus;
  readonly change?: 'created' | 'changed' | 'drift' | 'adopted' | undefined;
}

interface Verified {
  readonly resourceVersion: string;
  readonly digest: string;
}

/** Makes Secrets what they should be, and writes only what differs. */
export class SecretWriter {
  readonly #deps: SecretWriterDeps;
  /** Secrets that were found or made current, and the version that they had then. */
  readonly #verified = new Map<ObjectKey, Verified>();

  constructor(deps: SecretWriterDeps) {
    this.#deps = deps;
  }

  /**
   * Throws SECRET_CONFLICT, SECRET_IMMUTABLE and KUBE_…. A Secret that is known to be current costs no request.
   */
  async write(desired: DesiredSecret, owner: SecretOwner, options: CallOptions): Promise<WriteResult> {
    try {
      return await this.#write(desired, owner, options);
    } catch (error) {
      if (!(error instanceof SecretError) || error.code !== 'KUBE_CONFLICT') throw error;
      // Somebody wrote between the look and the write, which takes another look.
      return await this.#write(desired, owner, options);
    }
  }

  /** Compares with the Secret that somebody else keeps, and writes nothing. */
  async compare(
    desired: DesiredSecret,
    { sync }: Pick<SecretOwner, 'sync'>,
    options: CallOptions,
  ): Promise<SecretStatus> {
    const { name } = desired;
    const object = await this.#deps.client.get(resources.secrets, { namespace: sync.namespace, name }, options);
    if (object === undefined) return { name, state: 'Absent' };
    const live = toLiveSecret(object);
    const keys = differingKeys(live.data, desired.data);
    const isIdentical = keys.length === 0 && live.type === desired.type;
    return isIdentical ? { name, state: 'Identical' } : { name, state: 'Different', differingKeys: keys };
  }

  /** Whether a version of a Secret is one that was verified: its event is the echo of our own write. */
  isEcho(key: ObjectKey, { resourceVersion }: Pick<OwnedSecret, 'resourceVersion'>): boolean {
    return this.#verified.get(key)?.resourceVersion === resourceVersion;
  }

  /** Deletes what we made for this owner and it no longer wants. Answers the names. */
  async removeOrphans(
    owner: SecretOwner,
    wanted: ReadonlySet<string>,
    options: CallOptions,
  ): Promise<readonly string[]> {
    if (owner.spec.deletionPolicy !== 'Delete') return [];
    const { namespace } = owner.sync;
    const isOrphan = (each: OwnedSecret): boolean =>
      !wanted.has(each.name) && !each.isAdopted && !wasAdopted(each, owner);
    const orphans = this.#deps.owned.of(owner.sync.key).filter(isOrphan);
    for (const { name, uid, resourceVersion } of orphans) {
      await this.#deps.client.delete(
        resources.secrets,
        { namespace, name },
        { ...options, preconditions: { uid, resourceVersion } },
      );
      this.forget(keyOf({ namespace, name }));
      this.#deps.metrics.secretWrites.inc({ reason: 'deleted' });
    }
    return orphans.map(({ name }) => name);
  }

  /** It is gone. */
  forget(key: ObjectKey): void {
    this.#verified.delete(key);
  }

  async #write(desired: DesiredSecret, owner: SecretOwner, options: CallOptions): Promise<WriteResult> {
    const key = keyOf({ namespace: owner.sync.namespace, name: desired.name });
    const digest = this.#digestOf(desired, owner);
    const known = this.#deps.owned.get(owner.sync.namespace, desired.name);
    if (known && this.#isVerified(key, known, digest)) return { status: toSynced(desired.name, known) };
    const object = await this.#deps.client.get(resources.secrets, toName(desired, owner), options);
    const live = object && toLiveSecret(object);
    const result = await (live ? this.#correct(live, desired, owner, options) : this.#create(desired, owner, options));
    this.#verified.set(key, { resourceVersion: result.resourceVersion, digest });
    if (result.change) this.#deps.metrics.secretWrites.inc({ reason: result.change });
    return { status: result.status, change: result.change };
  }

  #isVerified(key: ObjectKey, known: OwnedSecret, digest: string): boolean {
    const verified = this.#verified.get(key);
    return verified?.digest === digest && verified.resourceVersion === known.resourceVersion;
  }

  async #create(desired: DesiredSecret, owner: SecretOwner, options: CallOptions): Promise<Written> {
    return await this.#apply(
      toApplied(desired, toMetadata(desired, { ...owner, adopted: false }), {}),
      'created',
      options,
    );
  }

  async #correct(live: LiveSecret, desired: DesiredSecret, owner: SecretOwner, options: CallOptions): Promise<Written> {
    const isTaken = this.#requireOwnership(live, desired, owner);
    const adopted = isTaken || isAdopted(live.metadata) || wasAdopted(live.metadata, owner);
    const metadata = toMetadata(desired, { ...owner, adopted });
    const differences = differencesOf(live, desired, { metadata, keepsSurplus: adopted });
    requireChangeable(live, desired, differences);
    const { uid, resourceVersion } = live.metadata;
    if (isSame(differences)) return { status: toSynced(desired.name, { uid, isAdopted: adopted }), resourceVersion };
    const version = await this.#dropSurplus(live, differences, options);
    const change = isTaken ? 'adopted' : this.#reasonOf(live, owner, differences);
    return await this.#apply(toApplied(desired, metadata, { uid, resourceVersion: version }), change, options);
  }

  /** Answers whether a Secret of somebody else is to be taken over. Throws SECRET_CONFLICT. */
  #requireOwnership(live: LiveSecret, desired: DesiredSecret, { sync, spec }: SecretOwner): boolean {
    const key = keyOf(live.metadata);
    const ownership = ownershipOf(live, {
      name: sync.name,
      knownUid: sync.status.secrets?.find(({ name }) => name === desired.name)?.uid,
      isWantedBy: (name) => this.#deps.isWanted(keyOf({ namespace: sync.namespace, name }), key),
    });
    if (ownership.kind === 'own') return false;
    if (ownership.kind !== 'foreign' || spec.adoptionPolicy === 'Never') throw toConflict(desired.name, ownership);
    if (spec.adoptionPolicy === 'Always') return true;
    const keys = differingKeys(live.data, desired.data);
    if (keys.length === 0 && live.type === desired.type) return true;
    throw toConflict(desired.name, ownership, keys);
  }

  /** Server-side apply removes only what we applied; what others added goes by a patch. Answers the version after it. */
  async #dropSurplus(live: LiveSecret, { surplusKeys }: SecretDifferences, options: CallOptions): Promise<string> {
    const { uid, resourceVersion } = live.metadata;
    if (surplusKeys.length === 0) return resourceVersion;
    const data = Object.fromEntries(surplusKeys.map((key) => [key, null]));
    const patch = { metadata: { uid, resourceVersion }, data };
    const patched = await this.#deps.client.patch(resources.secrets, live.metadata, patch, options);
    return patched.metadata.resourceVersion;
  }

  /** The content changed at the store, or somebody changed what we had verified. */
  #reasonOf(live: LiveSecret, owner: SecretOwner, differences: SecretDifferences): 'changed' | 'drift' {
    const verified = this.#verified.get(keyOf({ namespace: owner.sync.namespace, name: live.metadata.name }));
    const wasTouched = verified !== undefined && verified.resourceVersion !== live.metadata.resourceVersion;
    return wasTouched || differences.keys.length === 0 ? 'drift' : 'changed';
  }

  async #apply(object: AppliedObject, change: WriteResult['change'], options: CallOptions): Promise<Written> {
    // Whoever made one meanwhile is not written over: that is a conflict, and looked at again.
    const force = change !== 'created';
    const { metadata } = await this.#deps.client.apply(resources.secrets, object, { ...options, force });
    const { name, uid, resourceVersion } = metadata;
    return { status: toSynced(name, { uid, isAdopted: isAdopted(metadata) }), change, resourceVersion };
  }

  /** Whatever decides what is applied takes part. */
  #digestOf(desired: DesiredSecret, { sync, spec }: SecretOwner): string {
    return `${contentDigest(desired, this.#deps.digestKey)} ${sync.uid} ${spec.deletionPolicy} ${spec.adoptionPolicy}`;
  }
}

interface Written extends WriteResult {
  readonly resourceVersion: string;
}

function toName(desired: DesiredSecret, { sync }: SecretOwner): { readonly namespace: string; readonly name: string } {
  return { namespace: sync.namespace, name: desired.name };
}

function toSynced(name: string, { uid, isAdopted: adopted }: Pick<OwnedSecret, 'uid' | 'isAdopted'>): SecretStatus {
  return { name, state: 'Synced', uid, ...(adopted && { adopted }) };
}

/** Annotations are stripped by people; the status remembers. */
function wasAdopted({ name, uid }: Pick<OwnedSecret, 'name' | 'uid'>, { sync }: SecretOwner): boolean {
  return sync.status.secrets?.some((each) => each.adopted && each.name === name && each.uid === uid) ?? false;
}

function requireChangeable(live: LiveSecret, desired: DesiredSecret, differences: SecretDifferences): void {
  const { name } = desired;
  if (differences.hasType) {
    throw new SecretError(
      'SECRET_IMMUTABLE',
      `Secret ${name} has the type ${live.type}, which Kubernetes never changes, and should have ${desired.type}; ` +
        'delete it, so that it is made anew, or use another secretName',
    );
  }
  if (live.immutable && (differences.keys.length > 0 || !desired.immutable)) {
    const what =
      differences.keys.length > 0
        ? `these keys differ: ${differences.keys.slice(0, 10).join(', ')}`
        : 'it should not be';
    throw new SecretError(
      'SECRET_IMMUTABLE',
      `Secret ${name} is immutable, and ${what}; delete it, so that it is made anew, or use another secretName`,
    );
  }
}
