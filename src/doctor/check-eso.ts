import { type KubeObject, membersOf } from '../kube/objects.ts';
import { describeObject, specOf } from './describe.ts';
import type { DoctorFinding } from './finding.ts';
import { runs } from './programs.ts';
import type { Sight } from './sight.ts';
import { overlapOf, syncedSecrets } from './synced-secrets.ts';

/** External Secrets Operator: whether it runs, and whether it and lockstep keep the same Secrets. */
export function checkEso(sight: Sight): readonly DoctorFinding[] {
  const running = sight.objects('deployments').filter((each) => runs(each, 'external-secrets'));
  return [...running.map((each) => toRunning(each, sight)), ...findOverlaps(sight), ...findOwned(sight)];
}

function toRunning(deployment: KubeObject, sight: Sight): DoctorFinding {
  return {
    severity: 'info',
    id: 'eso-running',
    object: describeObject('Deployment', deployment),
    reason: `External Secrets Operator runs, with ${sight.objects('externalSecrets').length} ExternalSecrets in sight`,
    remedy: 'nothing, while they keep other Secrets; lockstep migrate translates them',
  };
}

function findOverlaps(sight: Sight): readonly DoctorFinding[] {
  const synced = syncedSecrets(sight);
  return sight.objects('externalSecrets').flatMap((each) => {
    if (!isKept(each, sight)) return [];
    return overlapOf(synced, each, [targetOf(each)]).map(({ namespace, secret, sync }): DoctorFinding => ({
      severity: 'error',
      id: 'eso-overlap',
      object: `Secret ${namespace}/${secret}`,
      reason: `${describeObject('ExternalSecret', each)} and SecretProviderClassSync ${sync} both keep it`,
      remedy:
        'set spec.controller of its store to another word than default, which the operator then leaves alone, and delete the ' +
        'ExternalSecret with --cascade=orphan; or set mode: Shadow',
    }));
  });
}

function targetOf(externalSecret: KubeObject): string {
  const { name } = membersOf(specOf(externalSecret)['target']);
  return typeof name === 'string' && name !== '' ? name : externalSecret.metadata.name;
}

/** False: the operator writes nothing, or leaves it to the controller that its store names. */
function isKept(externalSecret: KubeObject, sight: Sight): boolean {
  const { target, secretStoreRef } = specOf(externalSecret);
  if (membersOf(target)['creationPolicy'] === 'None') return false;
  const { kind, name } = membersOf(secretStoreRef);
  const stores = sight.objects(kind === 'ClusterSecretStore' ? 'clusterStores' : 'secretStores');
  const store = stores.find(
    ({ metadata }) =>
      metadata.name === name &&
      (kind === 'ClusterSecretStore' || metadata.namespace === externalSecret.metadata.namespace),
  );
  const controller = store === undefined ? undefined : specOf(store)['controller'];
  return controller === undefined || controller === '' || controller === 'default';
}

/** Secrets that lockstep has taken over and the garbage collector deletes with their ExternalSecret. */
function findOwned(sight: Sight): readonly DoctorFinding[] {
  return sight.objects('managedSecrets').flatMap((secret): readonly DoctorFinding[] => {
    const owner = secret.metadata.ownerReferences?.find(({ kind }) => kind === 'ExternalSecret');
    if (owner === undefined) return [];
    return [
      {
        severity: 'warning',
        id: 'eso-owner',
        object: describeObject('Secret', secret),
        reason: `it is still owned by ExternalSecret ${owner.name}: when that is deleted, the garbage collector deletes the Secret, and lockstep has to make it anew`,
        remedy: `kubectl delete externalsecret ${owner.name} -n ${secret.metadata.namespace} --cascade=orphan`,
      },
    ];
  });
}
