import { keyOf } from '../kube/objects.ts';
import { mountedClassesOf } from './containers.ts';
import type { Sight } from './sight.ts';

/** `NAMESPACE/NAME` of the SecretProviderClasses that pods of workloads mount. */
export function mountedClasses(sight: Sight): ReadonlySet<string> {
  const workloads = [...sight.objects('deployments'), ...sight.objects('statefulSets'), ...sight.objects('daemonSets')];
  return new Set(workloads.flatMap((each) => mountedClassesOf(each).map((name) => keyOf({ ...each.metadata, name }))));
}
