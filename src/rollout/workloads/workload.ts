import { keyOf, type KubeObject, membersOf, type ObjectMeta } from '../../kube/objects.ts';
import { type Health, healthOf } from './health.ts';
import { isFrozen, parseModeLabel, type RolloutMode } from './mode-label.ts';
import { rolloutNames } from '../names.ts';
import { findReferences, type SecretReference } from './references.ts';
import { type ReloaderAnnotations, toReloaderAnnotations } from './reloader.ts';
import type { WorkloadKind } from './workload-kind.ts';

/** What is kept of a workload in memory. */
export interface Workload {
  /** `Deployment shop/web`. */
  readonly key: string;
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  /** Of the pod template, one per Secret. */
  readonly references: readonly SecretReference[];
  /** SecretProviderClasses mounted through the driver. */
  readonly classes: readonly string[];
  /** The template's annotation `lockstep.dev/secret-hashes` as it stands. */
  readonly hashes: string | undefined;
  /** The template's annotation `lockstep.dev/pins` as it stands. */
  readonly pins: string | undefined;
  /** The label `lockstep.dev/rollout`; undefined: none. Off for a value that is none of them, which `problem` then names. */
  readonly mode: RolloutMode | undefined;
  /** Labels that are not understood, for a warning. */
  readonly problem: string | undefined;
  readonly isFrozen: boolean;
  /** A paused Deployment: left alone until it is resumed. */
  readonly isPaused: boolean;
  /** The label `lockstep.dev/rollout-order`; 0 unless set. */
  readonly order: number;
  /** How many old revisions are kept, `spec.revisionHistoryLimit`. */
  readonly revisionHistoryLimit: number;
  /** Without progress for so long, a rollout of it has failed. */
  readonly progressDeadlineMs: number;
  readonly reloader: ReloaderAnnotations | undefined;
  /** Labels of its pods, as the API server takes them; empty: none are known. */
  readonly selector: string;
  readonly health: Health;
}

/**
 * What a watch keeps of a workload. Undefined: no Secret can concern it, because it neither reads nor names any, or it is being
 * deleted. Never throws.
 */
export function toWorkload(kind: WorkloadKind, object: KubeObject): Workload | undefined {
  const { metadata } = object;
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const template = templateOf(kind, object);
  const { annotations } = toTextMaps(template['metadata']);
  const { references, classes } = findReferences(template);
  const reloader = toReloaderAnnotations(metadata.annotations, annotations);
  if (references.length === 0 && classes.length === 0 && reloader === undefined) return undefined;
  const { namespace = '', name, uid, resourceVersion, generation = 0 } = metadata;
  const health = healthOf(kind, object);
  return {
    key: workloadKey(kind, { namespace, name }),
    kind,
    namespace,
    name,
    uid,
    generation,
    resourceVersion,
    references,
    classes,
    hashes: textIn(annotations, rolloutNames.hashes),
    pins: textIn(annotations, rolloutNames.pins),
    ...parseLabels(metadata.labels),
    isPaused: health.state === 'Paused',
    revisionHistoryLimit: revisionLimitOf(object),
    progressDeadlineMs: progressDeadlineOf(object),
    reloader,
    selector: toSelector(object),
    health,
  };
}

/** `Deployment shop/web`. */
export function workloadKey(kind: WorkloadKind, name: { readonly namespace: string; readonly name: string }): string {
  return `${kind} ${keyOf(name)}`;
}

/** Its pod template; empty where the object has not the shape of the API. */
export function templateOf(kind: WorkloadKind, object: KubeObject): Readonly<Record<string, unknown>> {
  const spec = membersOf(object['spec']);
  const owner = kind === 'CronJob' ? membersOf(membersOf(spec['jobTemplate'])['spec']) : spec;
  return membersOf(owner['template']);
}

/** The API server fills it in for all kinds that have it. */
const defaultRevisionLimit = 10;

function revisionLimitOf(object: KubeObject): number {
  const limit = membersOf(object['spec'])['revisionHistoryLimit'];
  return typeof limit === 'number' ? limit : defaultRevisionLimit;
}

/** Only Deployments have one of their own; a shorter one shows in their status by itself, and the longest means none. */
const [leastDeadlineMs, mostDeadlineMs] = [10 * 60_000, 60 * 60_000];

function progressDeadlineOf(object: KubeObject): number {
  const seconds = membersOf(object['spec'])['progressDeadlineSeconds'];
  const ms = typeof seconds === 'number' ? seconds * 1000 : 0;
  return Math.min(mostDeadlineMs, Math.max(leastDeadlineMs, ms));
}

/** `matchExpressions` are left out: whoever lists looks at the owners too. */
function toSelector(object: KubeObject): string {
  const { matchLabels } = membersOf(membersOf(object['spec'])['selector']);
  return Object.entries(membersOf(matchLabels))
    .map(([label, value]) => `${label}=${String(value)}`)
    .join(',');
}

type Labels = ObjectMeta['labels'];

function parseLabels(labels: Labels): Pick<Workload, 'mode' | 'order' | 'isFrozen' | 'problem'> {
  const mode = parseModeLabel(textIn(labels, rolloutNames.mode));
  const order = parseOrder(textIn(labels, rolloutNames.order));
  const problems = [mode.problem, order.problem].filter((problem) => problem !== undefined);
  return {
    mode: mode.value,
    order: order.value,
    isFrozen: isFrozen(labels),
    problem: problems.length === 0 ? undefined : problems.join('; '),
  };
}

function parseOrder(text: string | undefined): { readonly value: number; readonly problem?: string } {
  if (text === undefined) return { value: 0 };
  if (/^\d{1,9}$/.test(text)) return { value: Number(text) };
  return { value: 0, problem: `label ${rolloutNames.order} must be a number of at most nine digits; 0 is assumed` };
}

function toTextMaps(metadata: unknown): Pick<ObjectMeta, 'annotations'> {
  // An edge: values that are no texts are sorted out where they are read.
  return membersOf(metadata) as Pick<ObjectMeta, 'annotations'>;
}

function textIn(map: Labels, key: string): string | undefined {
  const text: unknown = map?.[key];
  return typeof text === 'string' ? text : undefined;
}
