import { createHash } from 'node:crypto';

import type { KubeObject, ObjectMeta } from '../../kube/objects.ts';
import { rolloutNames } from '../names.ts';

/** The Secret NAME-VERSION that holds one version of the Secret NAME, as far as its metadata say. */
export interface VersionSecret {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** NAME, in the same namespace. */
  readonly source: string;
  /** When it was made, by the API server's clock. */
  readonly createdMs: number;
  /** When the source last got this content; it may get it again long after the Secret was made. */
  readonly currentSinceMs: number;
  /** Until then it is not deleted, whoever uses it; 0: no such time. */
  readonly leasedUntilMs: number;
  /** Since when nothing was found to use it. */
  readonly unreferencedSinceMs: number | undefined;
}

export interface VersionName {
  readonly source: string;
  readonly version: string;
}

/** Selects all of them; none carries the label of synced Secrets, whose watch must not take them for its own. */
export const versionSelector = rolloutNames.pinnedSource;

const versionName = /^([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)-([0-9a-v]{12})$/;
const maxLabelLength = 63;

/**
 * What is kept of a Secret of the watch. Undefined: it is none of ours, because its name and both labels do not agree, or because
 * a controller of somebody else keeps it.
 */
export function toVersionSecret({ metadata }: KubeObject): VersionSecret | undefined {
  const { namespace, name, uid, resourceVersion, annotations } = metadata;
  const parsed = parseVersionName(name);
  if (parsed === undefined || namespace === undefined || !isOurs(metadata, parsed)) return undefined;
  const { source } = parsed;
  const createdMs = parseTime(metadata.creationTimestamp) ?? Number.POSITIVE_INFINITY;
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    source,
    createdMs,
    currentSinceMs: parseTime(annotations?.[rolloutNames.currentSince]) ?? createdMs,
    leasedUntilMs: parseTime(annotations?.[rolloutNames.leasedUntil]) ?? 0,
    unreferencedSinceMs: parseTime(annotations?.[rolloutNames.unreferencedSince]),
  };
}

/** `db-0123456789ab` → `db` and `0123456789ab`; undefined: no name of a version. */
export function parseVersionName(name: string): VersionName | undefined {
  const [, source, version] = versionName.exec(name) ?? [];
  return source === undefined || version === undefined ? undefined : { source, version };
}

/** The value of the label by which the versions of a Secret are found: its name, or what a label has room for. */
export function toSourceLabel(source: string): string {
  if (source.length <= maxLabelLength) return source;
  return `${source.slice(0, 50)}-${createHash('sha256').update(source).digest('hex').slice(0, 12)}`;
}

function isOurs({ labels, ownerReferences = [] }: ObjectMeta, { source, version }: VersionName): boolean {
  const isLabelled =
    labels?.[rolloutNames.pinnedSource] === toSourceLabel(source) && labels[rolloutNames.version] === version;
  return isLabelled && !ownerReferences.some(({ controller }) => controller);
}

function parseTime(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}
