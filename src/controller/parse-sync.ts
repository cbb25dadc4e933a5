import * as z from 'zod';

import type { Problem } from '../core/problem.ts';
import { keyOf, type KubeObject, membersOf, type ObjectMeta, type OwnerReference, resources } from '../kube/objects.ts';
import { word } from '../rollout/word.ts';
import { parseSecretObjects } from '../secret-objects/parse.ts';
import { enabled, names } from './names.ts';
import { intervalRule, parseInterval } from './parse-interval.ts';
import { parseSyncRollout, rolloutCondition } from './parse-sync-rollout.ts';
import type { SyncObject, SyncSpec } from './sync-object.ts';
import type { SyncStatus } from './status/sync-status.ts';

/** What a watch keeps of a SecretProviderClassSync. Never throws: what the CRD should have refused stands in `problems`. */
export function parseSync({ metadata, spec, status }: KubeObject): SyncObject {
  const { namespace = '', name, uid, resourceVersion } = metadata;
  const owner = ownerOf(metadata);
  return {
    key: keyOf({ namespace, name }),
    namespace,
    name,
    uid,
    generation: metadata.generation ?? 0,
    resourceVersion,
    createdAt: metadata.creationTimestamp ?? '',
    isDeleted: metadata.deletionTimestamp !== undefined,
    forceSync: metadata.annotations?.[names.forceSync],
    shorthandOf: isMadeByUs(metadata, owner) ? name : undefined,
    classUid: owner?.uid,
    ...parseSpec(spec),
    status: toStatus(status),
    rollout: parseSyncRollout({ metadata, spec, status }),
  };
}

/** The class of the same name among the owners. */
function ownerOf({ name, ownerReferences }: ObjectMeta): OwnerReference | undefined {
  const { classes } = resources;
  const isClass = ({ apiVersion, kind }: OwnerReference): boolean =>
    kind === classes.kind && apiVersion.startsWith(`${classes.group}/`);
  return ownerReferences?.find((each) => isClass(each) && each.name === name);
}

/** Backups strip owner references, and copies under another name belong to whoever made them. */
function isMadeByUs({ name, labels, annotations }: ObjectMeta, owner: OwnerReference | undefined): boolean {
  return labels?.[names.managedLabel] === enabled && (owner !== undefined || annotations?.[names.owner] === name);
}

type ParsedSpec = Pick<SyncObject, 'spec' | 'problems'>;

function parseSpec(raw: unknown): ParsedSpec {
  const parsed = schema.safeParse(raw);
  const rawObjects = membersOf(raw)['secretObjects'] ?? undefined;
  const objects = rawObjects === undefined ? undefined : parseSecretObjects(rawObjects, 'spec.secretObjects');
  const problems = [
    ...(parsed.error?.issues ?? []).map(toProblem),
    ...(objects === undefined || objects.ok ? [] : objects.problems),
  ];
  if (!parsed.success || problems.length > 0) return { spec: undefined, problems };
  return { spec: { ...parsed.data, secretObjects: objects?.ok ? objects.value : undefined }, problems: none };
}

/** Shared by all that have none. */
const none: readonly Problem[] = [];

const requiredText = (remedy: string): z.ZodString =>
  z
    .string({ error: ({ input }) => ((input ?? undefined) === undefined ? `is missing; ${remedy}` : 'must be text') })
    .min(1, remedy);

/** Unknown fields are left out: the CRD does not let them in. */
const schema = z
  .object(
    {
      secretProviderClassName: requiredText('name the SecretProviderClass'),
      serviceAccountName: requiredText('name the service account whose token authenticates to the store'),
      interval: z
        .string('must be text such as 5m')
        .refine((text) => parseInterval(text) !== undefined, intervalRule)
        .nullish(),
      mode: word(['Sync', 'Shadow']),
      adoptionPolicy: word(['Never', 'IfIdentical', 'Always']),
      deletionPolicy: word(['Retain', 'Delete']),
      suspend: z.boolean('must be true or false').nullish(),
      credentialsSecretRef: z.object({ name: requiredText('name the Secret') }, 'must be a map with name').nullish(),
    },
    { error: ({ input }) => ((input ?? undefined) === undefined ? 'is missing' : 'must be a map') },
  )
  .transform(
    ({ secretProviderClassName, serviceAccountName, interval, suspend, credentialsSecretRef, ...rest }): SpecHead => ({
      ...rest,
      className: secretProviderClassName,
      serviceAccount: serviceAccountName,
      intervalMs: typeof interval === 'string' ? parseInterval(interval) : undefined,
      suspend: suspend ?? false,
      credentialsSecret: credentialsSecretRef?.name,
    }),
  );

type SpecHead = Omit<SyncSpec, 'secretObjects'>;

function toProblem({ path, message }: z.core.$ZodIssue): Problem {
  return { path: z.core.toDotPath(['spec', ...path]), message };
}

/** Without what rollouts write there, which is not ours to write back. */
function toStatus(raw: unknown): SyncStatus {
  // An edge: the schema of the CRD holds, and only we write it.
  const { rollout: _, conditions, ...rest } = membersOf(raw) as SyncStatus & { readonly rollout?: unknown };
  return { ...rest, ...(conditions && { conditions: conditions.filter(({ type }) => type !== rolloutCondition) }) };
}
