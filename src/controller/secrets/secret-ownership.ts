import { SecretError } from '../../core/errors.ts';
import type { LiveSecret } from './live-secret.ts';
import { enabled } from '../names.ts';
import { ownerOf } from './owned-secrets.ts';

/** Whose a Secret is that stands where a SecretProviderClassSync wants one. */
export type Ownership =
  | { readonly kind: 'own' }
  /** Of another SecretProviderClassSync that still wants it. */
  | { readonly kind: 'sibling'; readonly name: string }
  /** The driver's own sync writes it on every mount. */
  | { readonly kind: 'driver' }
  /** `by`: who it seems to be, for messages. */
  | { readonly kind: 'foreign'; readonly by: string };

export interface Claimant {
  readonly name: string;
  /** Of the Secret that its status says is its own; a backup or a person may have taken label and annotation off. */
  readonly knownUid: string | undefined;
  /** Whether a SecretProviderClassSync of the namespace wants a Secret of this name. */
  readonly isWantedBy: (sync: string) => boolean;
}

const driverLabel = 'secrets-store.csi.k8s.io/managed';
const esoLabel = 'reconcile.external-secrets.io/managed';

export function ownershipOf({ metadata }: LiveSecret, { name, knownUid, isWantedBy }: Claimant): Ownership {
  const owner = ownerOf(metadata);
  if (owner === name) return { kind: 'own' };
  if (owner !== undefined && isWantedBy(owner)) return { kind: 'sibling', name: owner };
  if (owner === undefined && metadata.uid === knownUid) return { kind: 'own' };
  if (metadata.labels?.[driverLabel] === enabled) return { kind: 'driver' };
  return { kind: 'foreign', by: describeOwner(metadata, owner) };
}

function describeOwner(metadata: LiveSecret['metadata'], owner: string | undefined): string {
  if (owner !== undefined) return `the SecretProviderClassSync ${owner}, which no longer wants it`;
  if (metadata.labels?.[esoLabel] === enabled) return 'External Secrets Operator';
  const controller = metadata.ownerReferences?.find((each) => each.controller);
  if (controller) return `${controller.kind} ${controller.name}`;
  return metadata.labels?.['app.kubernetes.io/managed-by']?.slice(0, 63) ?? 'somebody else';
}

/** SECRET_CONFLICT for a Secret that must be left alone. */
export function toConflict(
  secret: string,
  ownership: Exclude<Ownership, { kind: 'own' }>,
  differingKeys?: readonly string[],
): SecretError {
  const subject = `Secret ${secret}`;
  switch (ownership.kind) {
    case 'sibling':
      return new SecretError(
        'SECRET_CONFLICT',
        `${subject} belongs to the SecretProviderClassSync ${ownership.name}; give one of them another secretName`,
      );
    case 'driver':
      return new SecretError(
        'SECRET_CONFLICT',
        `${subject} is kept by the sync of the CSI driver (label ${driverLabel}), which would write it back; ` +
          'switch that off (syncSecret.enabled), delete the Secret, or use another secretName',
      );
    case 'foreign': {
      const remedy =
        differingKeys === undefined
          ? 'set adoptionPolicy to IfIdentical or Always to take it over, delete it, or use another secretName'
          : `adoptionPolicy is IfIdentical and these keys differ: ${listKeys(differingKeys)}; correct them, or set Always`;
      return new SecretError('SECRET_CONFLICT', `${subject} belongs to ${ownership.by}; ${remedy}`);
    }
  }
}

function listKeys(keys: readonly string[]): string {
  const shown = keys.slice(0, 10).join(', ');
  return keys.length > 10 ? `${shown} and ${keys.length - 10} more` : shown || 'none, but the type does';
}
