import { SecretError } from '../../core/errors.ts';
import { problemsError } from '../../core/problem.ts';
import type { ApiReader, CallOptions } from '../../kube/client/api-client.ts';
import { keyOf, resources } from '../../kube/objects.ts';
import type { Reflector } from '../../kube/watch/reflector.ts';
import { enabled, names } from '../names.ts';
import { type ClassObject, parseClass } from './parse-class.ts';
import type { SyncObject, SyncSpec } from '../sync-object.ts';

export interface FindClassDeps {
  readonly client: Pick<ApiReader, 'get'>;
  readonly classes: Pick<Reflector<ClassObject>, 'get' | 'problem'>;
}

/**
 * The class of a sync. Only labelled ones are watched: what else there is gets one look, so that the message is right. Throws
 * CLASS_NOT_FOUND, CLASS_NOT_ENABLED, the problems of the class, and KUBE_….
 */
export async function findClass(
  { namespace }: Pick<SyncObject, 'namespace'>,
  { className: name }: Pick<SyncSpec, 'className'>,
  { classes, client }: FindClassDeps,
  options: CallOptions,
): Promise<ClassObject> {
  const known = classes.get(keyOf({ namespace, name }));
  if (known) return requireClear(known);
  const problem = classes.problem(namespace);
  if (problem) throw problem;
  const object = await client.get(resources.classes, { namespace, name }, options);
  if (object === undefined) {
    throw new SecretError(
      'CLASS_NOT_FOUND',
      `there is no SecretProviderClass ${name} in namespace ${namespace}; create it, or correct secretProviderClassName`,
    );
  }
  // Made with its sync a moment ago: the watch has not brought it yet.
  if (object.metadata.labels?.[names.syncLabel] === enabled) return requireClear(parseClass(object));
  throw new SecretError(
    'CLASS_NOT_ENABLED',
    `the SecretProviderClass ${name} may not be synced yet; allow it with: ` +
      `kubectl label secretproviderclass ${name} -n ${namespace} ${names.syncLabel}=true`,
  );
}

function requireClear(found: ClassObject): ClassObject {
  if (found.problems.length > 0) throw problemsError(found.problems);
  return found;
}
