import type { ApiReader, CallOptions } from '../../kube/client/api-client.ts';
import { type KubeObject, membersOf, type Resource, resources } from '../../kube/objects.ts';
import { listPages } from '../../kube/watch/paged-list.ts';
import { rolloutNames } from '../names.ts';
import { findReferences } from '../workloads/references.ts';
import { parseVersionName } from './version-secret.ts';

/** What of the versions in a namespace is used. */
export interface Roots {
  /** Names of versions that a pod reads, or that the next pod of a workload would: also such as are gone. */
  readonly live: ReadonlySet<string>;
  /** Names that only an old ReplicaSet or ControllerRevision holds: what `kubectl rollout undo` can reach. */
  readonly history: ReadonlySet<string>;
  /** Sources that a pod reads by their stable names: which version it has in memory, nobody knows. */
  readonly unpinned: ReadonlySet<string>;
}

export interface RootsScope {
  readonly namespace: string;
  /** Names of the version Secrets that stand there. */
  readonly versions: ReadonlySet<string>;
  /** The Secrets that they are versions of. */
  readonly sources: ReadonlySet<string>;
}

/**
 * Lists everything that makes pods, then what was made of it, then the pods, in this order and as the API server has it now: a
 * use that moves on meanwhile, from a CronJob to its Job, is met at least once. Page by page, for there may be thousands. Throws
 * KUBE_… when any list fails: what was not seen may be used.
 */
export async function collectRoots(
  client: Pick<ApiReader, 'list'>,
  scope: RootsScope,
  { signal }: CallOptions,
): Promise<Roots> {
  const found = { live: new Set<string>(), history: new Set<string>(), unpinned: new Set<string>() };
  const revisions = new Set<string>();
  for (const { resource, toRoot } of kinds) {
    const visit = (object: KubeObject): void => {
      if (resource.kind === 'StatefulSet') for (const revision of revisionsOf(object)) revisions.add(revision);
      const root = toRoot(object, revisions);
      if (root === undefined) return;
      const uses = usesOf(root.template, scope);
      for (const name of uses.versions) found[root.hold].add(name);
      if (resource.kind === 'Pod') for (const source of uses.sources) found.unpinned.add(source);
    };
    const onPage = (items: readonly KubeObject[]): void => items.forEach(visit);
    await listPages(client, { ...whole, resource, namespace: scope.namespace }, { signal, onPage });
  }
  return found;
}

const whole = { labelSelector: undefined, metadataOnly: false };

/** A pod or the template of one, and what it is to a version that it names. */
interface Root {
  readonly hold: 'live' | 'history';
  /** With `metadata` and `spec`. */
  readonly template: unknown;
}

interface RootKind {
  readonly resource: Resource;
  /** Undefined: it uses nothing any more. `revisions`: those that StatefulSets make pods of. */
  readonly toRoot: (object: KubeObject, revisions: ReadonlySet<string>) => Root | undefined;
}

const kinds: readonly RootKind[] = [
  {
    resource: resources.cronJobs,
    toRoot: ({ spec }) => live(membersOf(membersOf(membersOf(spec)['jobTemplate'])['spec'])),
  },
  { resource: resources.deployments, toRoot: ({ spec }) => live(spec) },
  { resource: resources.statefulSets, toRoot: ({ spec }) => live(spec) },
  { resource: resources.daemonSets, toRoot: ({ spec }) => live(spec) },
  {
    resource: resources.replicaSets,
    toRoot: ({ spec }) => ({ ...live(spec), hold: isScaledDown(spec) ? 'history' : 'live' }),
  },
  {
    resource: resources.controllerRevisions,
    toRoot: ({ metadata, data }, revisions) => {
      const hold = revisions.has(metadata.name) ? 'live' : 'history';
      return { ...live(membersOf(data)['spec']), hold };
    },
  },
  { resource: resources.jobs, toRoot: (job) => (isFinished(job) ? undefined : live(job['spec'])) },
  // One that is being deleted reads its Secrets until it is gone.
  { resource: resources.pods, toRoot: (pod) => (isEnded(pod) ? undefined : { hold: 'live', template: pod }) },
];

function live(spec: unknown): Root {
  return { hold: 'live', template: membersOf(spec)['template'] };
}

function isScaledDown(spec: unknown): boolean {
  return membersOf(spec)['replicas'] === 0;
}

/** In the middle of a rollout a StatefulSet makes a pod that was lost of the revision that it had before. */
function revisionsOf({ status }: KubeObject): readonly string[] {
  const { currentRevision, updateRevision } = membersOf(status);
  return [currentRevision, updateRevision].filter((name) => typeof name === 'string');
}

function isFinished({ status }: KubeObject): boolean {
  const { conditions } = membersOf(status);
  return (
    Array.isArray(conditions) &&
    conditions
      .map(membersOf)
      .some(({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True')
  );
}

function isEnded({ status }: KubeObject): boolean {
  const { phase } = membersOf(status);
  return phase === 'Succeeded' || phase === 'Failed';
}

interface Uses {
  readonly versions: readonly string[];
  /** By their stable names. */
  readonly sources: readonly string[];
}

function usesOf(template: unknown, { versions, sources }: RootsScope): Uses {
  const named = findReferences(template).references.map(({ secret }) => secret);
  return {
    versions: [...named.filter((name) => versions.has(name)), ...pinsOf(template).filter(isOfSource)],
    sources: named.filter((name) => sources.has(name)),
  };

  function isOfSource(name: string): boolean {
    const source = parseVersionName(name)?.source;
    return source !== undefined && sources.has(source);
  }
}

/** Whatever in the annotation may be meant for a name: nothing that a person mistyped is deleted for it. */
function pinsOf(template: unknown): readonly string[] {
  const pins = membersOf(membersOf(membersOf(template)['metadata'])['annotations'])[rolloutNames.pins];
  return typeof pins === 'string' ? pins.split(/[\s,;:="'{}]+/) : [];
}
