import { SecretError } from '../core/errors.ts';
import type { ApiReader } from '../kube/client/api-client.ts';
import type { KubeObject, Resource } from '../kube/objects.ts';
import { listPages } from '../kube/watch/paged-list.ts';
import { type DoctorFinding, theCluster } from './finding.ts';
import { type SeenKind, type SeenKindName, seenKinds } from './seen-kinds.ts';

export interface SightDeps {
  readonly client: Pick<ApiReader, 'list'>;
  /** Of the teams' objects; undefined: all. */
  readonly namespace: string | undefined;
  readonly signal: AbortSignal;
}

/** What could be seen of a cluster. */
export class Sight {
  readonly #seen: ReadonlyMap<SeenKindName, Seen>;

  private constructor(seen: ReadonlyMap<SeenKindName, Seen>) {
    this.#seen = seen;
  }

  /** Lists every kind once. What the caller may not list is named in `gaps`. Throws KUBE_… when the API server cannot be asked. */
  static async look(deps: SightDeps): Promise<Sight> {
    const names = Object.keys(seenKinds).filter(isSeenKindName);
    const entries = await Promise.all(names.map(async (name) => [name, await see(seenKinds[name], deps)] as const));
    return new Sight(new Map(entries));
  }

  /** Empty also where the kind is not served or may not be listed. */
  objects(name: SeenKindName): readonly KubeObject[] {
    const seen = this.#seen.get(name);
    return seen?.state === 'listed' ? seen.objects : [];
  }

  /** Whether an empty answer of `objects` means that there is none. */
  isKnown(name: SeenKindName): boolean {
    return this.#seen.get(name)?.state !== 'forbidden';
  }

  /** False: the API server knows no such kind. */
  isServed(name: SeenKindName): boolean {
    return this.#seen.get(name)?.state !== 'unserved';
  }

  /** A finding for everything that could not be looked at; what was looked for in two ways is named once. */
  get gaps(): readonly DoctorFinding[] {
    const gaps = [...this.#seen.values()].flatMap((seen) => (seen.state === 'forbidden' ? [toGap(seen)] : []));
    return [...new Map(gaps.map((gap) => [gap.reason, gap])).values()];
  }
}

type Seen =
  | { readonly state: 'listed'; readonly objects: readonly KubeObject[] }
  | { readonly state: 'unserved' }
  | { readonly state: 'forbidden'; readonly resource: Resource; readonly namespace: string | undefined };

function isSeenKindName(name: string): name is SeenKindName {
  return Object.hasOwn(seenKinds, name);
}

async function see(kind: SeenKind, deps: SightDeps): Promise<Seen> {
  for (const resource of kind.versions) {
    const seen = await list(resource, kind, deps);
    if (seen.state !== 'unserved') return seen;
  }
  return { state: 'unserved' };
}

async function list(resource: Resource, kind: SeenKind, { client, namespace: own, signal }: SightDeps): Promise<Seen> {
  const namespace = kind.isOfTeams ? own : undefined;
  const { labelSelector, metadataOnly = false } = kind;
  const objects: KubeObject[] = [];
  try {
    const scope = { resource, namespace, labelSelector, metadataOnly };
    await listPages(client, scope, { signal, onPage: (items) => void objects.push(...items) });
    return { state: 'listed', objects };
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    if (error.code === 'KUBE_NOT_FOUND') return { state: 'unserved' };
    if (error.code === 'KUBE_FORBIDDEN') return { state: 'forbidden', resource, namespace };
    throw error;
  }
}

function toGap({ resource: { plural, group }, namespace }: Extract<Seen, { state: 'forbidden' }>): DoctorFinding {
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  const what = group === '' ? plural : `${plural}.${group}`;
  return {
    severity: 'warning',
    id: 'not-looked',
    object: theCluster,
    reason: `${what} could not be looked at: you may not list them ${where}, so that nothing is said about them`,
    remedy: `run it as somebody who may list ${what} ${where}`,
  };
}
