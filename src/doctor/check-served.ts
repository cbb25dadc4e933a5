import { isProviderName } from '../core/provider-names.ts';
import { keyOf } from '../kube/objects.ts';
import { listNames, specOf } from './describe.ts';
import type { DoctorFinding } from './finding.ts';
import { mountedClasses } from './mounted-classes.ts';
import { isForeignProvider, ownProviderOf, providersOf, socketOf } from './programs.ts';
import type { Sight } from './sight.ts';

/** Classes that pods mount, and whose provider nobody serves. */
export function checkServed(sight: Sight): readonly DoctorFinding[] {
  const served = servedBy(sight);
  if (served === undefined) return [];
  const inUse = mountedClasses(sight);
  const unserved = sight.objects('classes').flatMap((each) => {
    const name = keyOf(each.metadata);
    const { provider } = specOf(each);
    const isOurs = typeof provider === 'string' && isProviderName(provider) && !served.has(provider);
    return isOurs && inUse.has(name) ? [{ name, provider }] : [];
  });
  return [...Map.groupBy(unserved, ({ provider }) => provider)].map(([provider, classes]) => ({
    severity: 'error',
    id: 'provider-absent',
    object: `SecretProviderClass ${listNames(classes.map(({ name }) => name))}`,
    reason: `pods mount it, and no DaemonSet serves ${provider}.sock: they wait until one does`,
    remedy: `install lockstep's provider (provider.enabled=true), with ${provider} in its --providers`,
  }));
}

/** Names of sockets. Undefined: there may be others. */
function servedBy(sight: Sight): ReadonlySet<string> | undefined {
  if (!sight.isKnown('daemonSets')) return undefined;
  const served = new Set<string>();
  for (const daemonSet of sight.objects('daemonSets')) {
    const own = ownProviderOf(daemonSet);
    for (const name of own === undefined ? [] : providersOf(own)) served.add(name);
    if (!isForeignProvider(daemonSet)) continue;
    const name = socketOf(daemonSet);
    if (name === undefined) return undefined;
    served.add(name);
  }
  return served;
}
