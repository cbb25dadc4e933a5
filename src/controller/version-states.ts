import type { Reflector } from '../kube/watch/reflector.ts';
import type { SourceState } from '../rollout/versions/plan-sweep.ts';
import type { ClassObject } from './classes/parse-class.ts';
import { toSource } from './rollout-source.ts';
import type { SyncObject } from './sync-object.ts';

export interface VersionStatesDeps {
  readonly syncs: Pick<Reflector<SyncObject>, 'entries' | 'problem'>;
  readonly classes: Pick<Reflector<ClassObject>, 'get'>;
}

/**
 * The Secrets of a namespace of which versions are kept, by name. Also those of SecretProviderClassSyncs that are suspended, whose
 * class is away, or whose spec is not understood: their status tells what they kept. Whatever is left out here, versions of it are
 * deleted. Throws KUBE_… when the SecretProviderClassSyncs are not known.
 */
export function versionStates(
  namespace: string,
  { syncs, classes }: VersionStatesDeps,
): ReadonlyMap<string, SourceState> {
  const problem = syncs.problem(namespace);
  if (problem) throw problem;
  const states = new Map<string, SourceState>();
  for (const [, sync] of syncs.entries(namespace)) {
    if (sync.isDeleted) continue;
    for (const [name, state] of statesOf(sync, classes)) {
      // One that others want too: whoever keeps it has a version.
      if (states.get(name)?.current === undefined) states.set(name, state);
    }
  }
  return states;
}

function statesOf(sync: SyncObject, classes: VersionStatesDeps['classes']): ReadonlyMap<string, SourceState> {
  const { rollout, status } = sync;
  const { spec } = rollout;
  const retention = spec.ok ? spec.value.retention : 'History';
  const isPin = spec.ok && spec.value.mode === 'Pin';
  const current = new Map(status.secrets?.map(({ name, version }) => [name, version]));
  const named = toSource(sync, classes)?.secrets.map(({ name }) => name) ?? [];
  const kept = [...new Set([...named, ...current.keys()])].filter((name) => isPin || current.get(name) !== undefined);
  return new Map(kept.map((name) => [name, { retention, current: current.get(name) }]));
}
