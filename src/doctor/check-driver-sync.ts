import { keyOf } from '../kube/objects.ts';
import { describeObject, listNames, specOf } from './describe.ts';
import type { DoctorFinding } from './finding.ts';
import { theCluster } from './finding.ts';
import type { Sight } from './sight.ts';
import { namesIn, overlapOf, syncedSecrets } from './synced-secrets.ts';

/** What the chart of the driver makes with syncSecret.enabled. */
const bindingName = 'secretprovidersyncing-rolebinding';

/** The driver's own sync of secretObjects. */
export function checkDriverSync(sight: Sight): readonly DoctorFinding[] {
  const isGranted = sight.objects('clusterRoleBindings').some(({ metadata }) => metadata.name === bindingName);
  const kept = sight.objects('driverSecrets').map(({ metadata }) => keyOf(metadata));
  if (!isGranted && kept.length === 0) return [];
  return [toOn(isGranted, kept), ...findOverlaps(sight)];
}

function toOn(isGranted: boolean, kept: readonly string[]): DoctorFinding {
  const how = isGranted ? `ClusterRoleBinding ${bindingName}` : 'Secrets with its label';
  const many = kept.length === 0 ? 'it keeps no Secret so far' : `it keeps ${kept.length}: ${listNames(kept)}`;
  return {
    severity: 'warning',
    id: 'driver-sync-on',
    object: theCluster,
    reason: `the driver's own sync is on (${how}); ${many}. Version 1.6.0 of it writes them again and again, and they go when no pod mounts any more`,
    remedy: 'move its Secrets with lockstep migrate, then set syncSecret.enabled=false',
  };
}

/** Both write the Secret: lockstep refuses, or the driver writes it back. */
function findOverlaps(sight: Sight): readonly DoctorFinding[] {
  const synced = syncedSecrets(sight);
  return sight.objects('classes').flatMap((each) =>
    overlapOf(synced, each, namesIn(specOf(each)['secretObjects'])).map(
      ({ namespace, secret, sync }): DoctorFinding => ({
        severity: 'error',
        id: 'driver-sync-overlap',
        object: `Secret ${namespace}/${secret}`,
        reason: `${describeObject('SecretProviderClass', each)} has it in secretObjects, so that the driver writes it, and so does SecretProviderClassSync ${sync}`,
        remedy:
          'move secretObjects from the class to spec.secretObjects of the SecretProviderClassSync, as lockstep migrate --mode Sync does',
      }),
    ),
  );
}
