import { keyOf } from '../kube/objects.ts';
import type { Reflector } from '../kube/watch/reflector.ts';
import { parseRolloutSpec } from '../rollout/rollout-spec.ts';
import type { Source } from '../rollout/source.ts';
import type { ClassObject } from './classes/parse-class.ts';
import type { SyncObject } from './sync-object.ts';

/** A SecretProviderClassSync as rollouts see it. Undefined: it keeps no Secret, or does not say which. */
export function toSource(
  sync: SyncObject,
  classes: Pick<Reflector<Pick<ClassObject, 'secretObjects'>>, 'get'>,
): Source | undefined {
  const { spec, isDeleted, key, namespace, name, uid, generation, resourceVersion, rollout } = sync;
  if (!spec || isDeleted || spec.mode === 'Shadow') return undefined;
  const found = classes.get(keyOf({ namespace, name: spec.className }));
  const secrets = (spec.secretObjects ?? found?.secretObjects ?? []).map(({ secretName, annotations }) => ({
    name: secretName,
    annotations,
  }));
  return { key, namespace, name, uid, generation, resourceVersion, className: spec.className, secrets, ...rollout };
}

/** One in Shadow, which rolls nothing out any more: what it said before about rollouts goes. Undefined: it is none. */
export function toFormerSource({ spec, isDeleted, key, ...sync }: SyncObject): Source | undefined {
  const { status, condition } = sync.rollout;
  if (spec?.mode !== 'Shadow' || isDeleted || (status ?? condition) === undefined) return undefined;
  const { namespace, name, uid, generation, resourceVersion, rollout } = sync;
  const base = { key, namespace, name, uid, generation, resourceVersion, className: spec.className, secrets: [] };
  return { ...base, ...rollout, spec: parseRolloutSpec(undefined) };
}
