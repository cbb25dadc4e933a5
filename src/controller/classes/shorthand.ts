import type { Problem } from '../../core/problem.ts';
import type { AppliedObject, DeleteOptions } from '../../kube/client/api-client.ts';
import { resources } from '../../kube/objects.ts';
import { enabled, names } from '../names.ts';
import { toOwnerReference } from '../secrets/owner-reference.ts';
import type { ClassObject } from './parse-class.ts';
import { parseInterval } from '../parse-interval.ts';
import type { Shorthand } from './parse-shorthand.ts';
import type { SyncObject } from '../sync-object.ts';

/** What is to be done about the SecretProviderClassSync that a class asks for. */
export type ShorthandDecision =
  | { readonly kind: 'none' }
  /** Made anew or corrected. `force`: it is ours already, and what others wrote into our fields goes. */
  | { readonly kind: 'apply'; readonly object: AppliedObject; readonly force: boolean }
  | { readonly kind: 'delete'; readonly preconditions: DeleteOptions['preconditions'] }
  /** It is not clear what the class asks for: everything stays as it is, and the author is told. */
  | { readonly kind: 'stall'; readonly problems: readonly Problem[] };

/**
 * Compares what a class asks for with the SecretProviderClassSync of its name. One that somebody wrote wins: it is left alone.
 * `found` undefined: the class is gone, or no longer carries the label.
 */
export function decideShorthand(found: ClassObject | undefined, existing: SyncObject | undefined): ShorthandDecision {
  if (existing?.isDeleted) return nothing;
  const isOurs = existing?.shorthandOf !== undefined;
  if (found === undefined || found.shorthand.kind === 'none') return isOurs ? toDeletion(existing) : nothing;
  const { shorthand } = found;
  if (shorthand.kind === 'unclear') return decideUnclear(found, shorthand, existing);
  const spec = toSpec(found, shorthand.serviceAccount, shorthand.interval);
  if (existing === undefined) return toCreation(found, spec);
  if (!isOurs || isAsWanted(existing, spec, found)) return nothing;
  return { kind: 'apply', object: toApplied(found, spec, existing.uid), force: true };
}

const nothing: ShorthandDecision = { kind: 'none' };

interface AppliedSpec {
  readonly secretProviderClassName: string;
  readonly serviceAccountName: string;
  readonly interval?: string;
}

/** Where the account is known, a sync stands there at least, so that its condition says what is wrong. */
function decideUnclear(
  found: ClassObject,
  { serviceAccount, problems }: Extract<Shorthand, { kind: 'unclear' }>,
  existing: SyncObject | undefined,
): ShorthandDecision {
  if (existing !== undefined || serviceAccount === undefined) return { kind: 'stall', problems };
  return toCreation(found, toSpec(found, serviceAccount));
}

function toCreation(found: ClassObject, spec: AppliedSpec): ShorthandDecision {
  return { kind: 'apply', object: toApplied(found, spec), force: false };
}

/** Only if it still is what we saw: somebody may be about to make it their own. */
function toDeletion({ uid, resourceVersion }: SyncObject): ShorthandDecision {
  return { kind: 'delete', preconditions: { uid, resourceVersion } };
}

function toSpec({ name }: ClassObject, serviceAccount: string, interval?: string): AppliedSpec {
  const spec = { secretProviderClassName: name, serviceAccountName: serviceAccount };
  return interval === undefined ? spec : { ...spec, interval };
}

function isAsWanted({ spec, classUid }: SyncObject, wanted: AppliedSpec, { uid }: ClassObject): boolean {
  const intervalMs = wanted.interval === undefined ? undefined : parseInterval(wanted.interval);
  return (
    classUid === uid &&
    spec?.className === wanted.secretProviderClassName &&
    spec.serviceAccount === wanted.serviceAccountName &&
    spec.intervalMs === intervalMs
  );
}

/** `uid`: of the one that is corrected, so that no other one of the name is. */
function toApplied(found: ClassObject, spec: AppliedSpec, uid?: string): AppliedObject {
  const { namespace, name } = found;
  return {
    metadata: {
      namespace,
      name,
      ...(uid !== undefined && { uid }),
      labels: { [names.managedLabel]: enabled },
      annotations: { [names.owner]: name },
      ownerReferences: [toOwnerReference(resources.classes, found)],
    },
    spec,
  };
}
