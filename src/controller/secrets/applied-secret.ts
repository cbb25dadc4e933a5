import type { AppliedObject } from '../../kube/client/api-client.ts';
import { resources } from '../../kube/objects.ts';
import type { DesiredSecret } from '../../secret-objects/secret-object.ts';
import { enabled, names } from '../names.ts';
import { toOwnerReference } from './owner-reference.ts';
import type { AppliedMetadata } from './secret-differences.ts';
import type { SyncObject, SyncSpec } from '../sync-object.ts';

/** Metadata of an applied Secret: everything that we say of it. */
export interface SecretMetadata extends AppliedMetadata {
  readonly name: string;
  readonly namespace: string;
}

export interface MetadataOptions {
  readonly sync: SyncObject;
  readonly spec: Pick<SyncSpec, 'deletionPolicy'>;
  /** Somebody else made it. */
  readonly adopted: boolean;
}

/** With an owner reference the garbage collector deletes the Secret after its owner; what somebody else made stays. */
export function toMetadata(desired: DesiredSecret, { sync, spec, adopted }: MetadataOptions): SecretMetadata {
  return {
    name: desired.name,
    namespace: sync.namespace,
    labels: { ...desired.labels, [names.managedLabel]: enabled },
    annotations: { ...desired.annotations, [names.owner]: sync.name, ...(adopted && { [names.adopted]: enabled }) },
    ownerReferences: spec.deletionPolicy === 'Delete' && !adopted ? [toOwnerReference(resources.syncs, sync)] : [],
  };
}

/** What is applied. `precondition`: it must still be this object in this version. */
export function toApplied(
  { type, immutable, data }: DesiredSecret,
  metadata: SecretMetadata,
  precondition: { readonly uid?: string; readonly resourceVersion?: string },
): AppliedObject {
  const encoded = [...data].map(([key, value]) => [key, value.reveal().toString('base64')]);
  return {
    metadata: { ...metadata, ...precondition },
    type,
    ...(immutable && { immutable }),
    data: Object.fromEntries(encoded),
  };
}
